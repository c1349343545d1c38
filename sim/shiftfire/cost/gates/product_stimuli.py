"""Stimuli of dense machines' multipliers and adders, and uniform ones."""

from __future__ import annotations

import numpy as np

from .product_trace import Order, ProductTrace, finer, product_trace
from .runs import Runs
from .stimuli import SEED, Stimuli, any_bits, in_sequence

PRODUCTS = 512  # outputs, or weights, whose products are taken


def _products(runs: Runs, model: str, layer: str, order: Order) -> ProductTrace:
    """Of a layer as a quantised network has it: a source's activation is the sum of its vectors."""
    network, trace = runs.of(model)
    (synapses,) = network.layer(layer).synapses
    return product_trace(synapses, trace.activations[synapses.source].sum(axis=1), PRODUCTS, order)


def multiplications(
    runs: Runs, model: str, layer: str, order: Order = Order.OUTPUT, *, more_weight: int = 0, more_activation: int = 0
) -> Stimuli:
    """Of `Multiplication`; with ``more_`` bits of each operand filled in at random (`finer`)."""
    rng, products = np.random.default_rng(SEED), _products(runs, model, layer, order)
    weight, activation = finer(products.weight, more_weight, rng), finer(products.activation, more_activation, rng)
    return in_sequence(weight=weight, activation=activation)


def product_additions(runs: Runs, model: str, layer: str, order: Order) -> Stimuli:
    """Of `Addition`: partial sums and products."""
    products = _products(runs, model, layer, order)
    return in_sequence(a=products.partial, b=products.weight * products.activation)


def random_pairs(first: str, second: str, bits: tuple[int, int]) -> Stimuli:
    """Of an operator with two operands: uniform bits."""
    rng = np.random.default_rng(SEED)
    return in_sequence(**{first: any_bits(rng, bits[0]), second: any_bits(rng, bits[1])})
