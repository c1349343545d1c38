"""The contract as a Markdown reference (``docs/reference/contract.md``)."""

from __future__ import annotations

from collections.abc import Iterable

from .. import address, chip, counters, events, fire, inject, packet, program, stream, weights
from ..bitfield import Layout

_HEAD = """# Contract reference

Rendered from `hw/shiftfire_spec` by `python -m shiftfire_spec markdown`. Do not edit: `tests/spec` proves it fresh.
"""


def _table(head: tuple[str, ...], rows: Iterable[Iterable[object]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(str(c).replace("|", "\\|") for c in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _layout(layout: Layout) -> str:
    rows = []
    for field in layout:
        low = layout.offset(field.name)
        bits = f"{low + field.bits - 1}..{low}" if field.bits > 1 else str(low)
        rows.append((bits, f"`{field.name}`", f"{field.minimum}..{field.maximum}", field.doc))
    return f"### `{layout.name}`\n\n{layout.doc} {layout.bits} bits.\n\n" + _table(("bits", "field", "range", "meaning"), rows)


def _enum(title: str, docs: dict, extra: str = "") -> str:
    return f"### {title}\n\n{extra}" + _table(("value", "name", "meaning"), ((int(k), k.name, v) for k, v in docs.items()))


def render_reference() -> str:
    """The whole contract, every number in it."""
    parts = [_HEAD]
    parts += [
        "## Packets\n",
        _layout(packet.FLIT),
        _enum("Packet kinds", packet.KIND_DOC),
        _enum("Payload kinds", packet.PAYLOAD_DOC),
    ]
    parts.append(
        "### Router ports\n\n" + _table(("port", "name"), ((int(p), p.name) for p in packet.Port)) + "\n" + _layout(stream.ROUTE)
    )
    parts.append(
        f"## Weights\n\nA weight memory has {weights.SLICES} slices of `lanes` bits per row.\n\n"
        + _table(
            ("value", "name", "bits", "range", "beat per set bit of a graded payload", "meaning"),
            (
                (int(f), f.name, i.bits, f"{i.minimum}..{i.maximum}", "yes" if i.serial else "no", i.doc)
                for f, i in weights.FORMATS.items()
            ),
        )
    )
    parts += ["## Core programs\n", _layout(program.INSTRUCTION), _enum("Opcodes", program.OPCODE_DOC)]
    parts.append(f"There are {program.LOOP_COUNTERS} loop counters.\n")
    parts += ["## Stream groups\n", *(_layout(layout) for layout in stream.GROUP_REGISTERS), _layout(stream.AXIS_ENTRY)]
    parts.append(_enum("Lane modes", {m: "" for m in stream.LaneMode}))
    parts += ["## Output port and fire engine\n", *(_layout(layout) for layout in address.CORE_REGISTERS)]
    parts += [_enum("Fire operations", fire.FIRE_DOC), _enum("Resets", {r: "" for r in fire.Reset})]
    parts.append(_enum("Roundings", {r: "" for r in fire.Rounding}))
    parts += ["## Configuration\n", _layout(address.CONFIG_ADDRESS), _enum("Spaces", address.SPACE_DOC)]
    parts.append(
        "### Registers\n\n"
        + _table(
            ("offset", "register"),
            [(address.core_register_offset(r), f"`{r.name}`") for r in address.CORE_REGISTERS]
            + [
                (f"{address.GROUP_REGISTER_BASE + i} + {address.GROUP_REGISTER_STRIDE} x group", f"`{r.name}`")
                for i, r in enumerate(stream.GROUP_REGISTERS)
            ],
        )
    )
    parts.append(
        "## Counters\n\n"
        + _table(
            ("index", "name", "unit", "counts"), ((int(c), c.name, unit, doc) for c, (unit, doc) in counters.COUNTER_DOC.items())
        )
    )
    parts.append(
        "## I/O tile\n\n"
        + _table(("word", "register", "access", "meaning"), ((r.index, r.name, r.access, r.doc) for r in address.IO_REGISTERS))
    )
    parts += [_enum("Injection operations", inject.INJECT_OP_DOC)]
    parts += [_layout(v) for v in (inject.INJECT_EVENT, inject.INJECT_BEGIN, inject.COLLECT_PACKET, inject.COLLECT_STAMP)]
    parts.append("## Events\n\n" + _table(("field", "meaning"), events.EVENT_FIELD_DOC.items()))
    parts.append(
        "## Chip parameters\n\n" + _table(("parameter", "least", "most", "meaning"), ((k, *v) for k, v in chip.CHIP_LIMITS.items()))
    )
    return "\n".join(parts)
