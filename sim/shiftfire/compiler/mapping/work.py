"""Work estimate: the cycles that a core is expected to be busy per sample, before anything has run.

A model of docs/architecture.md section 3 without queues, credits and pipeline fill; good enough to tell which core is the slowest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.stream import LaneMode
from shiftfire_spec.weights import WeightFormat, is_serial

from ...network.graph import Input, Layer, Network
from ...network.recode import received_limits
from ...network.synapses import Synapses
from ..lowering.core_program import Intake, ordered_intakes
from ..lowering.encode import most_packets
from ..lowering.geometry import intake_geometry
from ..lowering.segments import position_walk
from ..lowering.weights import weight_rows
from ..program import CoreSlice

# Shares of non-zero elements. The shipped models have 51 % at the input, 14 % to 36 % in their layers.
INPUT_ACTIVITY = 0.5
LAYER_ACTIVITY = 0.25
WIDE_DIGITS = 2 / 3  # of the packets that a wide value takes at most: a third of its digits are not 0, half at most


def _passes(synapses: Synapses, source: Layer | Input) -> float:
    """Expected beats per tap and channel group: half the bits of a graded payload on serial weights, else 1."""
    kind = PayloadKind.SIGNED if synapses.recode is not None else source.payload_kind
    if not is_serial(WeightFormat(synapses.weight_format), kind):
        return 1.0
    return max(1.0, max(abs(v) for v in received_limits(synapses, source.value_limits)).bit_length() / 2)


def integrate_cycles(network: Network, intake: Intake, part: CoreSlice, chip: ChipConfig) -> float:
    """Expected cycles per sample in which the integrate engine of ``part`` works on ``intake``.

    Every event of the source reaches the core: it takes a cycle per beat, and one cycle when it has none; two at least in a chain.
    """
    source = network.source(intake.source)
    geometry = intake_geometry(network, intake, part, chip.lanes)
    packets = most_packets(source.value_limits) * WIDE_DIGITS if isinstance(source, Layer) and source.kind.wide else 1.0
    taps = np.ones((1, 1)) if geometry.y is None or geometry.x is None else np.outer(geometry.y.taps, geometry.x.taps)
    groups = geometry.channel_groups if geometry.lane_mode is LaneMode.ALL else 1
    passes = 1.0 if intake.rows else _passes(intake.synapses, source)
    least = 2.0 if intake.chain or intake.follows else 1.0
    own = np.maximum(taps * (groups * passes), least).sum() * geometry.channel_count
    others = least * taps.size * (source.shape.channels - geometry.channel_count)
    activity = INPUT_ACTIVITY if isinstance(source, Input) else LAYER_ACTIVITY
    cleared = weight_rows(intake.synapses, geometry.weight.total) if intake.rows else 0
    return (float(own + others) * activity * packets + cleared) * source.timesteps


def fire_cycles(layer: Layer, part: CoreSlice, chip: ChipConfig) -> float:
    """Cycles per sample in which the fire engine of ``part`` works."""
    steps = part.rows * part.columns * position_walk(layer, part, chip).total
    return float(steps * layer.kind.step_cycles * layer.timesteps)


def core_cycles(network: Network, part: CoreSlice, chip: ChipConfig) -> float:
    """Expected busy cycles per sample: integrate and fire engine overlap, the busier one counts."""
    layer = network.layer(part.layer)
    integrate = sum(integrate_cycles(network, intake, part, chip) for intake in ordered_intakes(network, layer))
    return max(integrate, fire_cycles(layer, part, chip))


def slowest_cycles(network: Network, slices: Sequence[CoreSlice], chip: ChipConfig) -> float:
    """Expected busy cycles per sample of the slowest core."""
    return max(core_cycles(network, part, chip) for part in slices)
