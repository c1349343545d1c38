"""The units whose cost is measured, and on what."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from amaranth.lib import wiring
from shiftfire_hw.core.bspn import Bspn
from shiftfire_hw.core.count import Count
from shiftfire_hw.core.lane import Lane
from shiftfire_hw.core.ptsoftmax import PtSoftmax
from shiftfire_hw.noc.router import Router
from shiftfire_hw.synthesis.lif_step import LifStep
from shiftfire_hw.synthesis.operators import Addition, Comparison, Multiplication
from shiftfire_hw.verilog.emit import emit_rtlil
from shiftfire_spec.chip import load_chip
from shiftfire_spec.shift_units import BSPN_GROUP, BSPN_VALUE_BITS
from shiftfire_spec.weights import WeightFormat

from .fire_stimuli import count_stimuli, lif_stimuli, threshold_comparisons
from .flit_stimuli import random_flits, routed_events
from .lane_stimuli import lane_additions, lane_stimuli, random_lane
from .product_stimuli import multiplications, product_additions, random_pairs
from .product_trace import Order
from .row_stimuli import bspn_stimuli, softmax_stimuli
from .runs import Runs
from .stimuli import Stimuli

CHIP = "edge"
REFERENCE = "addition"
FLIP_FLOP = "DFFPOSX1"


@dataclass(frozen=True)
class GateUnit:
    """A unit. operation: what is counted. operands: where they come from. traced: from runs; random: or None where that says nothing. uniform: at random every bit of every port is."""

    operation: str
    operands: str
    build: Callable[[], wiring.Component]
    traced: Callable[[Runs], Stimuli]
    random: Callable[[], Stimuli] | None = None
    uniform: bool = False

    def digest(self) -> str:
        """Fingerprint of the hardware as Amaranth emits it."""
        return hashlib.sha256(emit_rtlil(self.build(), "top").encode()).hexdigest()[:16]


_COUNTS, _PIXELS = ("spikformer-tiny", "query"), ("digits-ssf", "hidden1")
_SAYS = {_COUNTS: "spikformer-tiny, query, spikes of all timesteps added", _PIXELS: "digits-ssf, hidden1"}


def _multiplier(
    weight_bits: int, activation_bits: int, layer: tuple[str, str], order: Order = Order.OUTPUT, **more: int
) -> GateUnit:
    return GateUnit(
        f"multiplication of {weight_bits} x {activation_bits} bits, {order}",
        _SAYS[layer] + ("; low bits that the model has not are random" if more else ""),
        lambda: Multiplication(weight_bits=weight_bits, activation_bits=activation_bits),
        lambda runs: multiplications(runs, *layer, order, **more),
        lambda: random_pairs("weight", "activation", (weight_bits, activation_bits)),
        uniform=True,
    )


def _product_addition(bits: int, layer: tuple[str, str], order: Order) -> GateUnit:
    return GateUnit(
        f"addition of a product, {order}",
        _SAYS[layer],
        lambda: Addition(bits=bits),
        lambda runs: product_additions(runs, *layer, order),
    )


def gate_units() -> dict[str, GateUnit]:
    """Units by name, the reference first."""
    chip = load_chip(CHIP)
    bits = chip.accumulator_bits

    def addition() -> Addition:
        return Addition(bits=bits)

    def lane() -> Lane:
        return Lane(accumulator_bits=bits)

    def lane_unit(operation: str, operands: str, model: str, layer: str, weight_format: WeightFormat, shifts: int) -> GateUnit:
        return GateUnit(
            operation,
            operands,
            lane,
            lambda runs: lane_stimuli(runs, chip, model, layer),
            lambda: random_lane(weight_format, bits, shifts),
        )

    return {
        REFERENCE: GateUnit(
            f"{bits}-bit addition",
            "digits-cnn, sums and terms of conv2's lanes",
            addition,
            lambda runs: lane_additions(runs, chip, "digits-cnn", "conv2"),
            lambda: random_pairs("a", "b", (bits, bits)),
            uniform=True,
        ),
        "comparison": GateUnit(
            f"{bits}-bit comparison",
            "digits-cnn, membranes and thresholds of conv2",
            lambda: Comparison(bits=bits),
            lambda runs: threshold_comparisons(runs, chip, "digits-cnn", "conv2"),
            lambda: random_pairs("a", "b", (bits, bits)),
            uniform=True,
        ),
        "lane": lane_unit(
            "lane operation, no shift", "digits-cnn, conv2: spikes, INT4", "digits-cnn", "conv2", WeightFormat.INT4, 1
        ),
        "lane_digits": lane_unit(
            "lane operation, shifted by the digit of a count",
            "digits-cnn, conv1: counts, INT4",
            "digits-cnn",
            "conv1",
            WeightFormat.INT4,
            5,
        ),
        "lane_powers": lane_unit(
            "lane operation, shifted by a power of two",
            "sorbet-tiny, layer0.context: powers of two, INT4",
            "sorbet-tiny",
            "layer0.context",
            WeightFormat.INT4,
            16,
        ),
        "lif_step": GateUnit(
            "LIF step with leak",
            "digits-cnn, conv2",
            lambda: LifStep(accumulator_bits=bits, membrane_bits=chip.membrane_bits, leak_terms=chip.leak_terms),
            lambda runs: lif_stimuli(runs, chip, "digits-cnn", "conv2"),
        ),
        "count_step": GateUnit(
            "COUNT, one step of the division",
            "digits-ssf, hidden1",
            lambda: Count(accumulator_bits=bits),
            lambda runs: count_stimuli(runs, chip, *_PIXELS),
        ),
        "ptsoftmax": GateUnit(
            "PTSOFTMAX, one entry in three passes",
            "sorbet-tiny, layer0.scores",
            lambda: PtSoftmax(accumulator_bits=bits, lanes=chip.fire_lanes),
            lambda runs: softmax_stimuli(runs, chip, "sorbet-tiny", "layer0.scores"),
        ),
        "bspn": GateUnit(
            "BSPN, one channel in two passes",
            "sorbet-tiny, layer0.norm",
            lambda: Bspn(
                accumulator_bits=bits, lanes=chip.fire_lanes, group=BSPN_GROUP, value_bits=BSPN_VALUE_BITS, group_in_shift=True
            ),
            lambda runs: bspn_stimuli(runs, chip, "sorbet-tiny", "layer0.norm"),
        ),
        "addition_output": _product_addition(bits, _COUNTS, Order.OUTPUT),
        "addition_skipping": _product_addition(bits, _COUNTS, Order.SKIPPING),
        "addition_weight": _product_addition(bits, _COUNTS, Order.WEIGHT),
        "addition_pixels": _product_addition(bits, _PIXELS, Order.OUTPUT),
        "multiply_4x3": _multiplier(4, 3, _COUNTS),
        "multiply_4x3_skipping": _multiplier(4, 3, _COUNTS, Order.SKIPPING),
        "multiply_4x3_weight": _multiplier(4, 3, _COUNTS, Order.WEIGHT),
        "multiply_4x4": _multiplier(4, 4, _PIXELS),
        "multiply_8x4": _multiplier(8, 4, _PIXELS, more_weight=4),
        "multiply_8x8": _multiplier(8, 8, _PIXELS, more_weight=4, more_activation=4),
        "router": GateUnit(
            "router, one flit through it",
            "digits-cnn, events of conv1, one every cycle from west to east",
            lambda: Router(chip=chip),
            lambda runs: routed_events(runs, "digits-cnn", "conv1"),
            random_flits,
        ),
    }
