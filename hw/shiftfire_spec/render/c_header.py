"""The contract as a C header: shifts, masks, values and static assertions."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from .. import address, counters, events, fire, inject, packet, program, stream, units, weights
from ..bitfield import Layout
from ..fingerprint import contract_fingerprint


def _layout(layout: Layout) -> list[str]:
    name = f"SF_{layout.name.upper()}"
    lines = [f"/* {layout.doc} */"]
    suffix = "ull" if layout.bits > 32 else "u"
    for field in layout:
        prefix = f"{name}_{field.name.upper()}"
        lines.append(f"#define {prefix}_SHIFT {layout.offset(field.name)}")
        lines.append(f"#define {prefix}_MASK {((1 << field.bits) - 1) << layout.offset(field.name):#x}{suffix}")
    lines.append(f"#define {name}_BITS {layout.bits}")
    return lines


def _enum(prefix: str, values: Iterable[IntEnum]) -> list[str]:
    return [f"#define SF_{prefix}_{v.name} {int(v)}" for v in values]


def render_c_header() -> str:
    """Text of ``shiftfire_contract.h``."""
    lines = [
        "/* Rendered from hw/shiftfire_spec. Do not edit. */",
        "#ifndef SHIFTFIRE_CONTRACT_H",
        "#define SHIFTFIRE_CONTRACT_H",
        "#include <stdint.h>",
        "#ifdef __cplusplus",
        "#define SF_STATIC_ASSERT static_assert",
        "#else",
        "#define SF_STATIC_ASSERT _Static_assert",
        "#endif",
        f"#define SF_FINGERPRINT {contract_fingerprint():#010x}u",
    ]
    layouts = (
        packet.FLIT,
        program.INSTRUCTION,
        stream.ROUTE,
        stream.AXIS_ENTRY,
        stream.RECODE,
        address.CONFIG_ADDRESS,
        *address.CORE_REGISTERS,
        *stream.GROUP_REGISTERS,
        units.BSPN_PARAMETER,
        inject.INJECT_EVENT,
        inject.INJECT_BEGIN,
        inject.INJECT_PLAY,
        inject.COLLECT_STAMP,
        inject.STORE,
        inject.PLAY,
        events.ACTIVITY,
    )
    for layout in layouts:
        lines += _layout(layout)
    for prefix, enum in (
        ("KIND", packet.Kind),
        ("PAYLOAD", packet.PayloadKind),
        ("PORT", packet.Port),
        ("WEIGHT", weights.WeightFormat),
        ("OPCODE", program.Opcode),
        ("FIRE", fire.FireOp),
        ("RESET", fire.Reset),
        ("ROUNDING", fire.Rounding),
        ("UNIT_OUTPUT", units.UnitOutput),
        ("DENOMINATOR", units.DenominatorRule),
        ("GROUP_SCALE", units.GroupScale),
        ("LEVEL_ROUNDING", units.LevelRounding),
        ("LANES", stream.LaneMode),
        ("SPACE", address.Space),
        ("COUNTER", counters.Counter),
        ("INJECT", inject.InjectOp),
        ("EVENT", events.EventKind),
        ("ACTIVITY", events.Activity),
    ):
        lines += _enum(prefix, enum)
    lines += [f"#define SF_IO_{r.name} {r.index}" for r in address.IO_REGISTERS]
    lines += [f"#define SF_REG_{r.name.upper()} {address.core_register_offset(r)}" for r in address.CORE_REGISTERS]
    lines += [f"#define SF_REG_{r.name.upper()} {i}" for i, r in enumerate(stream.GROUP_REGISTERS)]
    lines += [
        f"#define SF_GROUP_REGISTER_BASE {address.GROUP_REGISTER_BASE}",
        f"#define SF_GROUP_REGISTER_STRIDE {address.GROUP_REGISTER_STRIDE}",
    ]
    for name in ("CONFIGURE", "RUN", "CLEAR"):
        lines.append(f"#define SF_CONTROL_{name} {getattr(address, f'CONTROL_{name}')}")
    for name in ("CONFIGURING", "RUNNING", "INTERRUPT", "OVERFLOW"):
        lines.append(f"#define SF_STATUS_{name} {getattr(address, f'STATUS_{name}')}")
    for layout in layouts:
        if layout.bits <= 32:
            lines.append(f'SF_STATIC_ASSERT(SF_{layout.name.upper()}_BITS <= 32, "{layout.name} fits a bus word");')
    lines.append(f'SF_STATIC_ASSERT(SF_FLIT_BITS == {packet.FLIT.bits}, "flit width");')
    lines.append("#endif")
    return "\n".join(lines) + "\n"
