"""The units whose cost is measured, and on what."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from amaranth.lib import wiring
from shiftfire_hw.core.lane import Lane
from shiftfire_hw.noc.router import Router
from shiftfire_hw.synthesis.lif_step import LifStep
from shiftfire_hw.synthesis.operators import Addition, Comparison, Multiplication
from shiftfire_hw.verilog.emit import emit_rtlil
from shiftfire_spec.chip import load_chip
from shiftfire_spec.weights import WeightFormat

from .operands import (
    lane_additions,
    lane_stimuli,
    lif_stimuli,
    multiplications,
    product_additions,
    random_flits,
    random_lane,
    random_pairs,
    routed_events,
    threshold_comparisons,
)
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


def _multiplier(weight_bits: int, activation_bits: int, operands: str, model: str, layer: str, **more: int) -> GateUnit:
    return GateUnit(
        f"multiplication of {weight_bits} x {activation_bits} bits",
        operands,
        lambda: Multiplication(weight_bits=weight_bits, activation_bits=activation_bits),
        lambda runs: multiplications(runs, model, layer, **more),
        lambda: random_pairs("weight", "activation", (weight_bits, activation_bits)),
        uniform=True,
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

    counts, pixels = "spikformer-tiny, products of query, spikes of all timesteps added", "digits-ssf, products of hidden1"
    filled = "low bits that the model has not are random"
    return {
        REFERENCE: GateUnit(
            f"{bits}-bit addition",
            "digits-cnn, sums and terms of conv2's lanes",
            addition,
            lambda runs: lane_additions(runs, chip, "digits-cnn", "conv2"),
            lambda: random_pairs("a", "b", (bits, bits)),
            uniform=True,
        ),
        "addition_counts": GateUnit(
            f"{bits}-bit addition of a product to a sum",
            counts,
            addition,
            lambda runs: product_additions(runs, "spikformer-tiny", "query"),
        ),
        "addition_pixels": GateUnit(
            f"{bits}-bit addition of a product to a sum",
            pixels,
            addition,
            lambda runs: product_additions(runs, "digits-ssf", "hidden1"),
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
        "multiply_4x3": _multiplier(4, 3, counts, "spikformer-tiny", "query"),
        "multiply_4x4": _multiplier(4, 4, pixels, "digits-ssf", "hidden1"),
        "multiply_8x4": _multiplier(8, 4, f"{pixels}; {filled}", "digits-ssf", "hidden1", more_weight=4),
        "multiply_8x8": _multiplier(8, 8, f"{pixels}; {filled}", "digits-ssf", "hidden1", more_weight=4, more_activation=4),
        "router": GateUnit(
            "router, one flit through it",
            "digits-cnn, events of conv1, one every cycle from west to east",
            lambda: Router(chip=chip),
            lambda runs: routed_events(runs, "digits-cnn", "conv1"),
            random_flits,
        ),
    }
