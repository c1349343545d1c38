"""The energy model as a Markdown reference (``docs/reference/energy.md``): ``python -m shiftfire.energy.render``."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import chain, repeat

from shiftfire_spec.chip import PRESETS, load_chip
from shiftfire_spec.fire import LEAK_TERM_BITS, REFRACTORY_BITS

from ..network.neurons.registry import KINDS
from .estimate import core_memories
from .sram import HIGH, LOW, SIZES_FILE, SOURCE, TECHNOLOGY, Access, SramTable, load_sram
from .table import DEFAULT_MOVEMENT, Constant, load_table

_HEAD = """# Energy reference

Rendered from `sim/shiftfire/energy` by `python -m shiftfire.energy.render`. Do not edit: `tests/energy` proves it fresh.

An estimate is a dot product: the performance counters of a run (the same number for number in simulator and RTL) times the
constants below. It is an estimate of *dynamic* energy in the parts that the counters see. It is not a power measurement, and it
is good for comparing mappings and networks, less for absolute figures. So every figure comes with a range: `run` prints the nominal sum and, below it, the sum of all
constants at their low ends and at their high ends; JSON has all three. Constants err together (one process, one tool), so compare figures of one column.

**Left out**, and larger than what is counted: the clock. Per tile of `edge`, some 5,500 register bits and 3,500 bits of small memories take about 2 fJ each in every cycle, enabled or
not; on digits-cnn that is twice all of the figure below. Left out as well: leakage, control logic, queues, axis and route tables, configuration, the I/O tile with its link to tile
(0, 0), and the memory behind it. And the dense accelerator is an ideal one: no real machine reuses every weight perfectly.
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

_DENSE = """## The dense accelerator beside it

The same network as a quantised network on an accelerator of multiply-accumulate units, in the manner of arXiv 2409.08290:

* It runs once per inference, whatever the number of timesteps. A source that sends T vectors of values `lo..hi` becomes one
  activation of ceil(log2(T x (hi - lo) + 1)) bits.
* Multiplications: weights x output positions, zeros and padding included (no skipping). One of w x a bits costs w x a `multiply_bit_pair`;
  every product costs one `accumulate` more. Products of activations (attention) are multiplications like the others, at the bits of both activations.
* Pooling and residual additions cost one `accumulate` per element. A neuron costs one addition and two comparisons.
* Every weight is read once per inference, at the network's weight bits: perfect reuse. Partial sums never leave the units and cost nothing.
* Every activation is written once and read once per consumer, at `buffer_bit`, and moves `dense_hops` hops per consumer over the same mesh: a flit's `hop` over a flit's bits for each bit.
* Not counted: the same as above.

Reuse, partial sums and hops are all taken in favour of the dense accelerator: it is a bound, not a machine. It is *not* granted zero skipping, and the table's 24-bit
addition stands for its adder whatever its width.
"""


def _fire_rows() -> str:
    """A row per kind of neuron."""
    constants = chain(["`accumulate`, `compare`, `subtract`, `leaky_step`"], repeat("as above"))
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
        + ". CACTI finds no organisation below 64 words; there the rule runs on, where flip-flops or latches would be taken.",
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


def _left_out(sram: SramTable, access: Access) -> float:
    """The largest factor between a two-ported size and what the rule gives for it without it."""
    worst = 1.0
    for size in sram.sizes:
        if size.ports == 2 and size.transistors in (LOW, HIGH):
            others = tuple(s for s in sram.sizes if (s.words, s.bits, s.ports) != (size.words, size.bits, 2))
            ratio = replace(sram, sizes=others).picojoules(size.words, size.bits, access, size.transistors) / size.access(access)
            worst = max(worst, ratio, 1 / ratio)
    return worst


def render_energy_reference() -> str:
    """Text of ``docs/reference/energy.md``."""
    table = load_table()
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
        *_memories(load_sram(table.constant("sram_margin"))),
    ]
    return "\n".join(
        [_HEAD, _MODEL.format(fire=_fire_rows(), refractory=REFRACTORY_BITS, leak=LEAK_TERM_BITS), _DENSE, *lines[:-1], ""]
    )


if __name__ == "__main__":
    sys.stdout.write(render_energy_reference())
