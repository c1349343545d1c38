"""The energy model as a Markdown reference (``docs/reference/energy.md``): ``python -m shiftfire.energy.render``."""

from __future__ import annotations

import sys

from .table import DEFAULT_MOVEMENT, DENSE_MOVEMENT, Constant, load_table

_HEAD = """# Energy reference

Rendered from `sim/shiftfire/energy` by `python -m shiftfire.energy.render`. Do not edit: `tests/energy` proves it fresh.

An estimate is a dot product: the performance counters of a run (the same number for number in simulator and RTL) times the
constants below. It is an estimate of *dynamic* energy in the parts that the counters see. It is not a power measurement, and it
is good for comparing mappings and networks, less for absolute figures: the constants come from different papers.
"""

_MODEL = """## The accelerator

| part | count | constant |
| --- | --- | --- |
| accumulate | `LANE_ADDS` | `accumulate` |
| fire: LIF | `FIRE_STEPS` x `fire_lanes` x (2 additions, 1 comparison, leak terms + 1 subtractions) | `accumulate`, `compare`, `subtract` |
| fire: COUNT | `FIRE_STEPS` x `fire_lanes` x (1 addition, `count_steps` comparisons and subtractions) | as above |
| fire: REQUANT | `FIRE_STEPS` x `fire_lanes` x (2 additions, 2 comparisons) | as above |
| fire: ARGMAX | `FIRE_STEPS` x `fire_lanes` x (1 addition, 1 comparison) | as above |
| fire: PTSOFTMAX | `FIRE_STEPS` x `fire_lanes` x (5 additions, 3 comparisons, 2 subtractions) | as above |
| fire: BSPN | `FIRE_STEPS` x `fire_lanes` x (5 additions, 4 comparisons, 2 subtractions) | as above |
| fire: SHIFTLIF | `FIRE_STEPS` x `fire_lanes` x (2 additions, 2 comparisons, leak terms + 1 subtractions) | as above |
| fire: TABLE | `FIRE_STEPS` x `fire_lanes` x (2 additions, 2 comparisons) | as above |
| weight memory | `WEIGHT_SLICES` x `lanes` bits | `sram_bit` |
| accumulator memory | (`ACC_READS` + `ACC_WRITES`) x `lanes` x `accumulator_bits` bits | `sram_bit` |
| membrane memory | (`MEMBRANE_READS` + `MEMBRANE_WRITES`) x `fire_lanes` x `membrane_bits` bits | `sram_bit` |
| parameter memory | `FIRE_STEPS` x passes x `fire_lanes` x 2 x `accumulator_bits` bits | `sram_bit` |
| movement | (`FLITS_NORTH` + ... + `FLITS_LOCAL`) x bits of a flit | a movement constant |

Assumptions:

* Every operation of a fire step is charged to every lane, also to lanes past the last channel, and resets that do not happen.
* A hop is one router traversal: a flit leaving a router on any of its five ports. The delivery to the core counts, so a packet to a
  neighbour makes two hops; an injected packet's link from the I/O tile is paid by the traversal of tile (0, 0).
* Control packets (END, CREDIT) are moved like events. All bits of a flit are charged.
* Not counted: leakage, clock, control logic, queues, axis and route tables, configuration, the I/O tile and the memory behind it.
"""

_DENSE = """## The dense accelerator beside it

The same network as a quantised network on an accelerator of multiply-accumulate units, in the manner of arXiv 2409.08290:

* It runs once per inference, whatever the number of timesteps. A source that sends T vectors of values `lo..hi` becomes one
  activation of ceil(log2(T x (hi - lo) + 1)) bits.
* Multiplications: weights x output positions, zeros and padding included (no skipping). One of w x a bits costs
  `accumulate` x `multiply_to_add` x w x a / `multiply_bits`; every product costs one `accumulate` more. Products of activations (attention) are
  multiplications like the others, at the bits of both activations.
* Pooling and residual additions cost one `accumulate` per element. A neuron costs one addition and two comparisons.
* Every weight is read once per inference, at the network's weight bits: perfect reuse. Partial sums never leave the units and cost nothing.
* Every activation is written once and read once per consumer, and moves `dense_hops` hops per consumer.
* Not counted: the same as above.

Reuse, partial sums and hops are all taken in favour of the dense accelerator. It is *not* granted zero skipping, and the table's 22 nm
accumulation stands for its adder whatever its width.
"""


def _rows(group: str, constants: list[Constant]) -> list[str]:
    return [
        f"| `{group}.{c.name}` | {c.value:g} | {c.unit} | {c.technology} | {c.source} | {c.certainty} | {c.note} |"
        for c in constants
    ]


def render_energy_reference() -> str:
    """Text of ``docs/reference/energy.md``."""
    table = load_table()
    lines = ["## Constants", "", "| constant | value | unit | technology | source | certainty | note |", "|" + " --- |" * 7]
    lines += _rows("constant", list(table.constants.values()))
    lines += _rows("movement", list(table.movements.values()))
    lines += [
        "",
        f"The accelerator's movement constant is `{DEFAULT_MOVEMENT}` unless `--movement` names another;"
        f" the dense accelerator's is `{DENSE_MOVEMENT}`.",
        "",
        "Certainty: *code*, read in published code; *paper*, stated by the paper; *summary*, known through a second-hand summary of it;"
        " *derived*, worked out here from the source named; *assumption*, ours.",
        "",
    ]
    return "\n".join([_HEAD, _MODEL, _DENSE, *lines])


if __name__ == "__main__":
    sys.stdout.write(render_energy_reference())
