"""Validity of neurons that need the chip's shift units."""

from __future__ import annotations

from shiftfire_spec.fire import FIRE_CONTROL, FIRE_LEAK, LEAK_TERMS
from shiftfire_spec.packet import PAYLOAD_LIMITS, PayloadKind
from shiftfire_spec.shift_units import (
    BSPN_CODES,
    BSPN_GROUP,
    BSPN_PARAMETER,
    BSPN_VALUE_BITS,
    FIRE_UNITS,
    PTSOFTMAX_ROW_ENTRIES,
    PTSOFTMAX_TABLE_BITS,
    SHIFTLIF_MAX_LEVEL,
    TABLE_ARGUMENT_BITS,
    DenominatorRule,
    GroupScale,
    LevelRounding,
    UnitOutput,
)

from .check_values import check_bool, check_codes, check_integer, check_member, check_payload_range, check_tensor, word_limits
from .graph import Lif, NetworkError
from .shift_neurons import Bspn, Ptsoftmax, ShiftLif, ShiftNeuron

GREATEST_THETA_LOG2 = 30


def check_shift_neuron(owner: str, neuron: ShiftNeuron, channels: int) -> None:
    """Raise NetworkError when the neurons have a parameter that the fire engine cannot hold; ``owner`` is named. The bias is not looked at."""
    if isinstance(neuron, Ptsoftmax):
        _check_ptsoftmax(owner, neuron, channels)
    elif isinstance(neuron, Bspn):
        _check_bspn(owner, neuron, (channels,))
    elif isinstance(neuron, ShiftLif):
        check_integer(owner, "levels", neuron.levels, 1, SHIFTLIF_MAX_LEVEL)
        check_tensor(owner, "theta_log2", neuron.theta_log2, neuron.levels, GREATEST_THETA_LOG2, (channels,))
        check_member(owner, "rounding", neuron.rounding, LevelRounding)
        check_membrane(owner, neuron)
    else:
        check_integer(owner, "shift", neuron.shift, 0, FIRE_CONTROL.field("shift").maximum)
        check_codes(owner, "values", neuron.values, 1 << TABLE_ARGUMENT_BITS)


def _check_ptsoftmax(owner: str, neuron: Ptsoftmax, channels: int) -> None:
    check_integer(owner, "shift", neuron.shift, 0, FIRE_CONTROL.field("shift").maximum)
    check_integer(owner, "entries", neuron.entries, 1, PTSOFTMAX_ROW_ENTRIES)
    if channels % neuron.entries:
        raise NetworkError(f"{owner}: entries = {neuron.entries} does not divide its {channels} channels; a row is whole")
    check_member(owner, "rule", neuron.rule, DenominatorRule)
    if neuron.counts is not None:
        low, high = PAYLOAD_LIMITS[PayloadKind.COUNT]
        check_tensor(owner, "counts", neuron.counts, low, high, (1 << PTSOFTMAX_TABLE_BITS,))


def _check_bspn(owner: str, neuron: Bspn, per_channel: tuple[int, ...]) -> None:
    check_integer(owner, "group", neuron.group, 1, BSPN_GROUP)
    if neuron.group & (neuron.group - 1):
        raise NetworkError(f"{owner}: group = {neuron.group} is not a power of two; the nearest below is {1 << neuron.group_log2}")
    limit = 1 << (BSPN_VALUE_BITS - 1)
    check_tensor(
        owner, "shift", neuron.shift, BSPN_PARAMETER.field("shift").minimum, BSPN_VALUE_BITS - 2 - neuron.group_log2, per_channel
    )
    check_tensor(owner, "negative", neuron.negative, 0, 1, per_channel)
    check_tensor(owner, "beta", neuron.beta, -limit, limit - 1, per_channel)
    check_member(owner, "scale", neuron.scale, GroupScale)
    check_integer(owner, "guard", neuron.guard, 0, FIRE_UNITS.field("guard").maximum)
    check_member(owner, "output", neuron.output, UnitOutput)
    if (neuron.codes is not None) != (neuron.output is UnitOutput.TABLE):
        raise NetworkError(f"{owner}: codes go with output TABLE and with no other; its output is {neuron.output.name}")
    if neuron.codes is not None:
        check_codes(owner, "codes", neuron.codes, BSPN_CODES)
    check_integer(owner, "requant_shift", neuron.requant_shift, 0, FIRE_CONTROL.field("shift").maximum)
    if neuron.output is UnitOutput.REQUANT:
        low, high = word_limits()
        check_integer(owner, "lo", neuron.lo, low, high)
        check_payload_range(owner, neuron.payload_kind, neuron.lo, neuron.hi)
    elif (neuron.requant_shift, neuron.lo, neuron.hi) != (0, 0, 0):
        raise NetworkError(
            f"{owner}: requant_shift, lo and hi go with output REQUANT; its output is {neuron.output.name}: make them 0"
        )


def check_membrane(owner: str, neuron: Lif | ShiftLif) -> None:
    """Raise NetworkError unless the membrane's limits and leak are within what the fire engine holds."""
    low, high = word_limits()
    check_integer(owner, "v_min", neuron.v_min, low, 0)
    check_integer(owner, "v_max", neuron.v_max, 0, high)
    check_integer(owner, "v_init", neuron.v_init, neuron.v_min, neuron.v_max)
    if len(neuron.leak) > LEAK_TERMS:
        raise NetworkError(f"{owner}: {len(neuron.leak)} leak terms; the fire engine has {LEAK_TERMS}")
    for term in neuron.leak:
        check_integer(owner, "leak shift", term.shift, 0, FIRE_LEAK.field("shift0").maximum)
        check_bool(owner, "leak negative", term.negative)
