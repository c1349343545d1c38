"""What a core writes into its membrane memory, for a chip that is built to be watched (``trace_membrane``)."""

from __future__ import annotations

from amaranth.hdl import signed, unsigned
from amaranth.lib import data
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import REFRACTORY_BITS


def membrane_shape(chip: ChipConfig) -> data.ArrayLayout:
    """A membrane word: a potential per fire lane."""
    return data.ArrayLayout(signed(chip.membrane_bits), chip.fire_lanes)


def refractory_shape(chip: ChipConfig) -> data.ArrayLayout:
    """A word of the refractory periods: the silent steps left, per fire lane."""
    return data.ArrayLayout(unsigned(REFRACTORY_BITS), chip.fire_lanes)


def membrane_trace(chip: ChipConfig) -> data.StructLayout:
    """``write``: the ``word`` is written to ``address`` at the end of this cycle. An address is that of the accumulators' group times its sub-steps, plus the sub-step.

    On chips with currents ``current`` goes to that address of their memory, when the operation has some; ``refractory`` on chips with refractory periods likewise.
    """
    words = chip.accumulator_groups * chip.steps_per_group
    shape = membrane_shape(chip)
    more = {"current": shape} if chip.currents else {}
    more |= {"refractory": refractory_shape(chip)} if chip.refractory else {}
    return data.StructLayout({"write": 1, "address": range(max(2, words)), "word": shape, **more})
