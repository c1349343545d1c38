"""What a core writes into its membrane memory, for a chip that is built to be watched (``trace_membrane``)."""

from __future__ import annotations

from amaranth.hdl import signed
from amaranth.lib import data
from shiftfire_spec.chip import ChipConfig


def membrane_shape(chip: ChipConfig) -> data.ArrayLayout:
    """A membrane word: a potential per fire lane."""
    return data.ArrayLayout(signed(chip.membrane_bits), chip.fire_lanes)


def membrane_trace(chip: ChipConfig) -> data.StructLayout:
    """``write``: the ``word`` is written to ``address`` at the end of this cycle. An address is that of the accumulators' group times its sub-steps, plus the sub-step.

    On chips with currents ``current`` goes to that address of their memory, when the operation has some.
    """
    words = chip.accumulator_groups * chip.steps_per_group
    shape = membrane_shape(chip)
    current = {"current": shape} if chip.currents else {}
    return data.StructLayout({"write": 1, "address": range(max(2, words)), "word": shape, **current})
