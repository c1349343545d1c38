"""The energy model as a Markdown reference (``docs/reference/energy.md``): ``python -m shiftfire.energy.render``."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import chain, repeat

from shiftfire_spec.chip import PRESETS, load_chip
from shiftfire_spec.fire import LEAK_TERM_BITS, REFRACTORY_BITS
from shiftfire_spec.inject import MEMORY_WORD_BITS

from ..network.neurons.registry import KINDS
from .clock import ACTIVITY, LEAST_MEMORY_WORDS, Unit
from .estimate import core_memories
from .hardware import tile_hardware
from .main_memory import ROW_BITS
from .sram import HIGH, LOW, SIZES_FILE, SOURCE, TECHNOLOGY, Access, SramTable, load_sram
from .table import DEFAULT_MOVEMENT, Constant, EnergyTable, load_table

_HEAD = """# Energy reference

Rendered from `sim/shiftfire/energy` by `python -m shiftfire.energy.render`. Do not edit: `tests/energy` proves it fresh.

An estimate is a dot product: the performance counters of a run (the same number for number in simulator and RTL) times the
constants below, and beside it what the clock and leakage take meanwhile. It is not a power measurement. It is good for comparing
mappings, networks and machines, less for absolute figures, so every figure comes with a range: all constants at their low ends, at their
nominal values, and at their high ends. Constants err together (one process, one tool), so ratios are taken within one of these corners.

**Left out**: what logic leaks, control logic of a core but for its flip-flops, axis and route tables, configuration, and the I/O tile with its link to tile
(0, 0). [Main memory](#main-memory) stands beside.
"""

_MODEL = """## The accelerator

| part | count | constant |
| --- | --- | --- |
| accumulate | `LANE_ADDS` | `lane_operation` |
{fire}
| weight memory | `WEIGHT_SLICES` reads, `WEIGHT_WRITES` writes of `weight_rows` x `lanes` bits | a memory's access, below |
| accumulator memory | `ACC_READS`, `ACC_WRITES` of `accumulator_groups` x (`lanes` x `accumulator_bits`) bits | as above |
| membrane memory | `MEMBRANE_READS`, `MEMBRANE_WRITES` of (`accumulator_groups` x `lanes` / `fire_lanes`) x (`fire_lanes` x `membrane_bits`) bits | as above |
| current memory | `MEMBRANE_READS`, `MEMBRANE_WRITES` of the cores with a synaptic current, of as many words and bits as membranes | as above |
| refractory memory | `MEMBRANE_READS`, `MEMBRANE_WRITES` of the cores with a refractory period, of as many words as membranes, of `fire_lanes` x {refractory} bits | as above |
| parameter memory | `FIRE_STEPS` x passes reads of (`parameter_groups` x `lanes` / `fire_lanes`) x (`fire_lanes` x 2 x `accumulator_bits`) bits | as above |
| leak memory | as the parameter memory, of the layers with leaks of channels or neurons, of as many words, of `fire_lanes` x {leak} x `leak_terms` bits (with `currents` twice as many) | as above |
| movement: hops | `FLITS_NORTH` + `FLITS_EAST` + `FLITS_SOUTH` + `FLITS_WEST` | `hop` |
| movement: delivery | `FLITS_LOCAL` | `delivery` |

Assumptions:

* Every operation of a fire step is charged to every lane, also to lanes past the last channel, and resets that do not happen. Counting a refractory period down is charged as its memory only.
* A hop is a router and the link behind it. The delivery to the core is a router more, so a packet to a neighbour makes one hop and one delivery.
* Control packets (END, CREDIT) are moved like events. A flit costs the same whatever its bits.
"""

_CLOCK = """## Clock and leakage

| part | count | constant |
| --- | --- | --- |
| clock, as built | bits of all flip-flops of all tiles x cycles | `flip_flop_clock` |
| clock, gated | by unit: bits that a cycle of work clocks x cycles in which the unit works | `flip_flop_clock` |
| leakage | every memory of every tile x time at the chip's clock | a memory's leakage, below |

*As built* is the RTL as it is: it has enables, but no clock gate, so every flip-flop sees every edge. *Gated* is what it could do: a unit is clocked in the cycles in
which its counters say that it works. Both are of the run, without configuration. Memories of fewer than {least} words are flip-flops (CACTI finds no organisation
below); a cycle of work clocks the one word that is written.

| unit | works in the cycles of |
| --- | --- |
{activity}

Bits of a tile, counted in the RTL (`python -m shiftfire.energy.hardware`; `tests/energy` finds the same in the RTLIL). Other chips are counted when they run.

| chip | {units} | all | memories leak, mW, low / nominal / high |
| --- |{rule}
{bits}
"""

_DENSE = """## Dense accelerators beside it

The same network as a quantised network on accelerators of multiply-accumulate units, in the manner of arXiv 2409.08290:

* It runs once per inference, whatever the number of timesteps. A source that sends T vectors of values `lo..hi` becomes one
  activation of ceil(log2(T x (hi - lo) + 1)) bits. Feedback is computed once.
* Multiplications: weights x output positions x the share of the source's elements that say anything in a sample: a product of zero toggles nothing. One of w x a bits costs
  w x a pairs of operand bits, and its addition; what a pair and an addition cost hangs on [which operands follow each other](energy-units.md), so each machine has its own
  constants (below). Products of activations (attention) are multiplications like the others, at the bits of both activations.
* Pooling and residual additions cost one `accumulate` per element. A neuron costs one addition and two comparisons.
* Every activation moves `dense_hops` hops per consumer over the same mesh: a flit's `hop` over a flit's bits for each bit.

Four machines compute it, with the chip's lanes and memories. Three could be built: they multiply one weight of every lane per cycle.

| machine | weights read | activations read | partial sums | a pair of bits; an addition |
| --- | --- | --- | --- | --- |
| ideal | each once | each once per consumer | nothing | the least of the others |
| output-stationary | a slice per bit of weight and cycle | one per cycle | in flip-flops, `flip_flop_clock` per bit and cycle | `multiply_bit_pair`; `add_product` where the product is not zero |
| weight-stationary | each once | one per cycle | from and to the accumulators' memory, every cycle; the first of a sum is not read | `multiply_bit_pair_steady`; `add_partial_sum`, zeros too |
| output-stationary, zeros skipped | as output-stationary | as output-stationary | as output-stationary | `multiply_bit_pair_steady`; `add_product` |

* *Ideal* is a bound, not a machine: it reuses everything and has no clock. Compare with the others.
* A group of `lanes` outputs takes a cycle per position and product. Depthwise convolution and pooling read an activation per output.
* Activations lie in a memory of the membranes' size, as many in a word as fit whole.
* *Zeros skipped*: elements that say nothing in all timesteps of a sample take no cycle, but a bit is read for each. Their share is that of the run.
* Clock: a cycle clocks the bits that a beat of the chip does; as built, all bits of a tile for each of its cycles. Leakage: all tiles, for cycles / tiles.
* Other arithmetic (fp32, fp16, int8) has its own multiplier and adder at a price an operation, zeros included; weights and activations of its bits, sums of 32 (fp16: 16) bits.

## Main memory

Outside of the chip, and in none of its figures: it stands beside them, and with it a total of its own. A run reads its injection program and what it plays, and writes what it stores and collects,
by the word of {word} bits; a network in rounds reads the configurations of all its rounds as well, for every batch. The dense machines read activations of the input, write those of the output, and
read all weights where the chip is loaded again as well. A bit costs `main_memory_bit`; a row of {row:,} bits that is opened `main_memory_activation`, each stream's rows once.
"""


def _clock_section(sram: SramTable) -> str:
    """Clock and leakage, with the bits of the presets."""
    activity = [
        f"| {unit} | {', '.join(f'`{c.name}`' for c in counters) or 'none: written before the run, or an instrument'} |"
        for unit, counters in ACTIVITY.items()
    ]
    rows = []
    for preset in PRESETS:
        hardware = tile_hardware(load_chip(preset))
        leaks = [(count, sram.leakage(words, bits)) for words, bits, count in hardware.memories]
        sums = (sum(count * getattr(constant, end) for count, constant in leaks) for end in ("low", "value", "high"))
        bits = [f"{hardware.bits[unit].always:,} ({hardware.bits[unit].working:,})" for unit in Unit]
        rows.append(f"| {preset} | {' | '.join(bits)} | {hardware.clocked:,} | {' / '.join(f'{value:.2g}' for value in sums)} |")
    return _CLOCK.format(
        least=LEAST_MEMORY_WORDS,
        activity="\n".join(activity),
        units=" | ".join(f"{unit} (working)" for unit in Unit),
        rule=" --- |" * (len(Unit) + 2),
        bits="\n".join(rows),
    )


def _fire_rows() -> str:
    """A row per kind of neuron."""
    constants = chain(
        ["`accumulate`, `compare`, `subtract`, `leaky_step`, `division_step`, `softmax_entry`, `norm_channel`"], repeat("as above")
    )
    rows = zip(KINDS, constants, strict=False)
    return "\n".join(
        f"| fire: {kind.op.name} | `FIRE_STEPS` x `fire_lanes` x ({kind.operations_text}) | {names} |" for kind, names in rows
    )


def _row(group: str, c: Constant) -> str:
    values = f"{c.low:g} | {c.value:g} | {c.high:g}"
    return f"| `{group}` | {values} | {c.unit} | {c.technology} | {c.source} | {c.certainty} | {c.note} |"


def _memories(sram: SramTable) -> list[str]:
    """The section on memories: the rule, and what it gives for the presets."""
    laws = {access: sram.law(access) for access in ("read", "write")}
    lines = [
        "## Memories",
        "",
        f"`{SIZES_FILE}` holds {len(sram.sizes)} sizes ({SOURCE}, {TECHNOLOGY}), each with its ports and CACTI's transistors. A core's memories have two ports.",
        f"Low is the energy with low-power transistors (`{LOW}`), high that with low-leakage ones (`{HIGH}`) times `sram_margin`, nominal the mean of the two without it.",
        "",
        "* A size that the file holds with two ports costs what it says there.",
        "* Any other costs words^w x bits^b times a correction. w and b are fitted to the sizes with one port by least squares of the logarithms: "
        + "; ".join(
            f"{access} w = {law.words_exponent:.2f}, b = {law.bits_exponent:.2f} (worst miss: a factor of {law.spread:.2f})"
            for access, law in laws.items()
        )
        + ". The correction is the geometric mean of (file / law) over the sizes with two ports, each weighted with 1 / its distance in octaves of words and bits.",
        "* Each two-ported size left out in turn, the rule meets it within "
        + ", ".join(f"{access}: a factor of {_left_out(sram, access):.1f}" for access in ("read", "write"))
        + ". CACTI finds no organisation below 64 words; there the rule runs on for accesses; the clock charges such memories as flip-flops.",
        "",
        "What that gives for the presets, pJ per access:",
        "",
        "| chip | memory | words x bits | read, low / nominal / high | write, low / nominal / high | in the file |",
        "|" + " --- |" * 6,
    ]
    for preset in PRESETS:
        for name, (words, bits) in core_memories(load_chip(preset)).items():
            read, write = (sram.constant(words, bits, access) for access in ("read", "write"))
            figures = " | ".join(f"{c.low:.3g} / {c.value:.3g} / {c.high:.3g}" for c in (read, write))
            lines.append(f"| {preset} | {name} | {words} x {bits} | {figures} | {'yes' if sram.measured(words, bits) else 'no'} |")
    return [*lines, ""]


def _published(table: EnergyTable) -> list[str]:
    """What other chips are said to take."""
    return [
        "## Other chips",
        "",
        "What a synaptic operation takes, as published; each counts what its authors count. `shiftfire energy` shows a run's beside them.",
        "",
        "| chip | pJ | technology | source |",
        "|" + " --- |" * 4,
        *(f"| {known.name} | {known.value:g} | {known.technology} | {known.source} |" for known in table.published),
        "",
    ]


def _left_out(sram: SramTable, access: Access) -> float:
    """The largest factor between a two-ported size and what the rule gives for it without it."""
    worst = 1.0
    for size in sram.sizes:
        if size.ports == 2 and size.transistors in (LOW, HIGH):
            others = tuple(s for s in sram.sizes if (s.words, s.bits, s.ports) != (size.words, size.bits, 2))
            ratio = replace(sram, sizes=others).estimate(size.words, size.bits, access, size.transistors) / size.quantity(access)
            worst = max(worst, ratio, 1 / ratio)
    return worst


def render_energy_reference() -> str:
    """Text of ``docs/reference/energy.md``."""
    table = load_table()
    sram = load_sram(table.constant("sram_margin"))
    head = "| constant | low | nominal | high | unit | technology | source | certainty | note |"
    lines = ["## Constants", "", head, "|" + " --- |" * 9]
    lines += [_row(f"constant.{c.name}", c) for c in table.constants.values()]
    for movement in table.movements.values():
        lines += [
            _row(f"movement.{movement.name}.{part}", c) for part, c in (("hop", movement.hop), ("delivery", movement.delivery))
        ]
    lines += [
        "",
        f"The accelerator's movement constants are those of `{DEFAULT_MOVEMENT}` unless `--movement` names others; the dense accelerator's are always those.",
        "",
        "Certainty: *code*, read in published code; *paper*, stated by the paper; *tool*, computed with the tool named; *gates*, toggles of a netlist in a 180 nm library, as a ratio to the"
        " 24-bit addition; *derived*, worked out here from the sources named; *assumption*, ours.",
        "",
        *_published(table),
        *_memories(sram),
    ]
    return "\n".join(
        [
            _HEAD,
            _MODEL.format(fire=_fire_rows(), refractory=REFRACTORY_BITS, leak=LEAK_TERM_BITS),
            _clock_section(sram),
            _DENSE.format(word=MEMORY_WORD_BITS, row=ROW_BITS),
            *lines[:-1],
            "",
        ]
    )


if __name__ == "__main__":
    sys.stdout.write(render_energy_reference())
