"""The contract as a Markdown reference (``docs/reference/contract.md``)."""

from __future__ import annotations

from collections.abc import Iterable

from .. import (
    address,
    chip,
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


def _link() -> str:
    """The protocol of the serial line."""
    numbers = [
        (name, f"{value:#x}") for name, value in sorted(vars(link).items()) if name.startswith("LINK_") and isinstance(value, int)
    ]
    parts = ["## Link\n", f"{link.LINK_DOC}\n", _table(("what", "value"), numbers)]
    return "\n".join([*parts, _enum("Link operations", link.LINK_OP_DOC), _enum("Link statuses", link.LINK_STATUS_DOC)])


def _events() -> str:
    counted = [
        (engine.name, int(activity), activity.name, ", ".join(f"`{counter.name}`" for counter in named))
        for engine, activities in events.ACTIVITY_COUNTERS.items()
        for activity, named in activities.items()
    ]
    return "\n".join(
        (
            "## Events\n",
            _enum("Event kinds", events.EVENT_KIND_DOC),
            "### Packet events\n",
            _table(("field", "meaning"), events.EVENT_FIELD_DOC.items()),
            "### Engine events\n",
            _table(("field", "meaning"), events.ENGINE_EVENT_FIELD_DOC.items()),
            _enum("Activities", events.ACTIVITY_DOC),
            "An engine's activity is told by the counters that count in that cycle:\n",
            _table(("engine", "value", "activity", "counter"), counted),
            _layout(events.ACTIVITY),
        )
    )


def _shift_units() -> list[str]:
    widths = (
        ("passes of PTSOFTMAX over a segment", units.FIRE_PASSES[fire.FireOp.PTSOFTMAX]),
        ("passes of BSPN over a segment", units.FIRE_PASSES[fire.FireOp.BSPN]),
        ("entries of the table", units.TABLE_ENTRIES),
        ("bits of a table entry", units.CODE_BITS),
        ("entries of the table that TABLE uses", 1 << units.TABLE_ARGUMENT_BITS),
        ("entries of the table that PTSOFTMAX uses", 1 << units.PTSOFTMAX_TABLE_BITS),
        ("PTSOFTMAX: F, fractional bits of the sum", units.PTSOFTMAX_FRACTION_BITS),
        ("PTSOFTMAX: most channels of a segment", units.PTSOFTMAX_ROW_ENTRIES),
        ("PTSOFTMAX: exponent of the POW2 event of probability 1", units.PTSOFTMAX_ONE_EXPONENT),
        ("BSPN: most channels of a segment", units.BSPN_GROUP),
        ("BSPN: bits of y", units.BSPN_VALUE_BITS),
        ("SHIFTLIF: greatest K", units.SHIFTLIF_MAX_LEVEL),
    )
    return [
        _enum("Unit outputs", units.UNIT_OUTPUT_DOC),
        _enum("Denominator rules", units.DENOMINATOR_RULE_DOC),
        _enum("Group scales", units.GROUP_SCALE_DOC),
        _enum("Level roundings", units.LEVEL_ROUNDING_DOC),
        _layout(units.BSPN_PARAMETER),
        "### Sizes of the shift units\n",
        _table(("what", "value"), widths),
    ]


def _soc() -> str:
    """Memory map, registers and interrupts of the SoC."""
    regions = [(f"{r.base:#010x}", f"{r.size:#x}", f"`{r.name}`", r.doc) for r in soc.REGIONS]
    numbers: list[tuple[str, object]] = [
        (name, value)
        for name, value in sorted(vars(soc).items())
        if name.startswith(("UART_", "FAULT_", "CSR_")) and isinstance(value, int)
    ]
    parts = ["## SoC\n", "### Memory map\n", _table(("byte address", "bytes", "region", "what"), regions)]
    for block, registers in soc.BLOCKS.items():
        parts.append(f"### {block}\n")
        parts.append(_table(("word", "register", "access", "meaning"), ((r.index, r.name, r.access, r.doc) for r in registers)))
    return "\n".join(
        [*parts, _enum("Interrupts", soc.INTERRUPT_DOC), "### Bits and sizes of the SoC\n", _table(("what", "value"), numbers)]
    )


def _image() -> str:
    """Format of the program image."""
    numbers: list[tuple[str, object]] = [
        (name, f"{value:#x}") for name, value in sorted(vars(image).items()) if name.startswith("IMAGE_") and isinstance(value, int)
    ]
    parts = ["## Program image\n", f"{image.IMAGE_DOC}\n", _table(("what", "value"), numbers)]
    for title, words in (("header", image.HEADER), ("run", image.RUN), ("output", image.OUTPUT)):
        parts.append(f"### `{title}` of an image\n")
        parts.append(_table(("word", "name", "meaning"), ((i, w.name, w.doc) for i, w in enumerate(words))))
    return "\n".join(parts)


def _constants() -> str:
    """Numbers that no layout and no enumeration shows."""
    rows: list[tuple[str, object]] = [
        (f"payload range, {kind.name}", f"{low}..{high}") for kind, (low, high) in packet.PAYLOAD_LIMITS.items()
    ]
    rows += [
        ("payload sign bit", hex(packet.SIGN_BIT)),
        ("payload exponent bits (POW2)", packet.EXPONENT_BITS),
        ("exponent bits of the shift units and of recode tables", packet.UNIT_EXPONENT_BITS),
        ("`count_steps` of CUBALIF and CUBALI", fire.CURRENT_STEPS),
        ("greatest number of steps of COUNT", fire.MAX_COUNT_STEPS),
        ("pipeline stages of the fire engine", fire.FIRE_STAGES),
        ("bits of a memory word", inject.MEMORY_WORD_BITS),
        ("bits of a configuration word", address.CONFIG_DATA_BITS),
    ]
    for register in ("CONTROL", "STATUS"):
        for name, value in sorted(vars(address).items()):
            if name.startswith(f"{register}_"):
                rows.append((f"bit of {register}: {name.removeprefix(register + '_')}", value))
    rows += [
        ("offset of weight row 3, slice 2, word 1, 64 lanes", address.weight_offset(3, 2, lanes=64, word=1)),
        ("offset of entry 5 of the recode table of group 2", address.recode_offset(2, 5)),
        ("offset of the threshold of group 3, lane 2, 16 lanes", address.parameter_offset(3, 2, 16, True)),
    ]
    return "## Constants\n\n" + _table(("what", "value"), rows)


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
    parts += [
        "## Stream groups\n",
        *(_layout(layout) for layout in stream.GROUP_REGISTERS),
        _layout(stream.AXIS_ENTRY),
        _layout(stream.RECODE),
    ]
    parts.append(_enum("Lane modes", {m: "" for m in stream.LaneMode}))
    parts += ["## Output port and fire engine\n", *(_layout(layout) for layout in address.CORE_REGISTERS)]
    parts += [_enum("Fire operations", fire.FIRE_DOC), _enum("Resets", {r: "" for r in fire.Reset})]
    parts.append(_enum("Roundings", {r: "" for r in fire.Rounding}))
    parts += _shift_units()
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
    parts += [
        _layout(v)
        for v in (inject.INJECT_EVENT, inject.INJECT_BEGIN, inject.INJECT_PLAY, inject.COLLECT_STAMP, inject.STORE, inject.ROOM)
    ]
    parts += [_soc(), _image(), _link(), _events(), _constants()]
    parts.append(
        "## Chip parameters\n\n"
        + _table(
            ("parameter", "least", "most", "meaning"),
            [*((k, *v) for k, v in chip.CHIP_LIMITS.items()), *((k, "false", "true", doc) for k, doc in chip.OPTIONS.items())],
        )
    )
    return "\n".join(parts)
