"""The contract as a C header: shifts, masks, values and static assertions."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from .. import (
    address,
    counters,
    events,
    fire,
    image,
    inject,
    link,
    packet,
    soc,
    stream,
    weights,
)
from .. import (
    core_program as program,
)
from .. import (
    shift_units as units,
)
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


def _soc() -> list[str]:
    """Memory map, peripherals' registers and their bits, interrupts."""
    lines = []
    for region in soc.REGIONS:
        lines += [f"#define SF_{region.name}_BASE {region.base:#x}u", f"#define SF_{region.name}_SIZE {region.size:#x}u"]
    for block, registers in soc.BLOCKS.items():
        lines += [f"#define SF_{block}_{register.name} {register.index}" for register in registers]
    lines += _enum("IRQ", soc.Interrupt)
    names = [name for name in vars(soc) if name.startswith(("UART_", "FAULT_", "CSR_")) and name not in ("UART_REGISTERS",)]
    return [*lines, *(f"#define SF_{name} {getattr(soc, name)}" for name in names)]


def _image() -> list[str]:
    """Numbers of the program image, and the indices of words in its header and records."""
    names = [name for name, value in vars(image).items() if name.startswith("IMAGE_") and isinstance(value, int)]
    lines = [f"#define SF_{name} {getattr(image, name):#x}u" for name in names]
    for prefix, words in (("HEADER", image.HEADER), ("RUN", image.RUN), ("OUTPUT", image.OUTPUT)):
        lines += [f"#define SF_{prefix}_{word.name} {index}" for index, word in enumerate(words)]
    lines += [f"#define SF_RUN_RECORD_WORDS {len(image.RUN)}", f"#define SF_OUTPUT_RECORD_WORDS {len(image.OUTPUT)}"]
    return [*lines, f"#define SF_IMAGE_NAME_INDEX {image.NAME_INDEX}", f"#define SF_IMAGE_HEADER_WORDS {image.HEADER_WORDS}"]


def _link() -> list[str]:
    """Numbers of the serial line's protocol."""
    names = [name for name, value in vars(link).items() if name.startswith("LINK_") and isinstance(value, int)]
    lines = [f"#define SF_{name} {getattr(link, name):#x}u" for name in names]
    return [*lines, *_enum("LINK_OP", link.LinkOp), *_enum("LINK_STATUS", link.LinkStatus)]


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
        inject.ROOM,
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
    for name in ("CONFIGURE", "RUN", "CLEAR", "DRAIN"):
        lines.append(f"#define SF_CONTROL_{name} {getattr(address, f'CONTROL_{name}')}")
    for name in ("CONFIGURING", "RUNNING", "INTERRUPT", "OVERFLOW"):
        lines.append(f"#define SF_STATUS_{name} {getattr(address, f'STATUS_{name}')}")
    lines += [f"#define SF_COUNTERS {counters.COUNTERS}", *_soc(), *_image(), *_link()]
    lines.append(f"#define SF_COUNTER_NAMES {', '.join(chr(34) + c.name + chr(34) for c in counters.Counter)}")
    for layout in layouts:
        if layout.bits <= 32:
            lines.append(f'SF_STATIC_ASSERT(SF_{layout.name.upper()}_BITS <= 32, "{layout.name} fits a bus word");')
    lines.append(f'SF_STATIC_ASSERT(SF_FLIT_BITS == {packet.FLIT.bits}, "flit width");')
    lines.append("#endif")
    return "\n".join(lines) + "\n"
