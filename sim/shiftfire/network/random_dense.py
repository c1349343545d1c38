"""Dense LIF networks with seeded random weights and inputs: a load for measuring speed, of any size."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from shiftfire_spec.weights import FORMATS, WeightFormat

from .graph import Input, Layer, Network, Readout
from .neurons.lif import Lif
from .neurons.membrane import LeakTerm
from .synapses import SynapseOp, Synapses
from .values import IntArray, Shape

WEIGHT_FORMAT = WeightFormat.INT4
LARGEST_WEIGHT = FORMATS[WEIGHT_FORMAT].maximum
LEAK_SHIFT = 4
MEMBRANE_BITS = 14  # of the smallest preset's membranes
THRESHOLD_DEVIATIONS = 1.75
HIDDEN_RATE = 0.1  # spikes per neuron and timestep that the thresholds reckon with


def random_dense_network(sizes: tuple[int, ...], timesteps: int, density: float, seed: int) -> Network:
    """Input of ``sizes[0]`` binary elements, then fully connected LIF layers of the other sizes, all over ``timesteps`` steps.

    Weights are uniform in -7..7, so that sums have no drift. A threshold is 1.75 standard deviations of the sum that one timestep gives when a share
    ``density`` of the input, or a tenth of a hidden layer, spikes. Membranes leak by a 16th each step; measured for 1 to 4 layers of 128 behind 784 inputs at densities of
    0.02 to 0.3, 6 to 19% of the neurons spike in a timestep. The prediction is the output that spikes most.
    """
    rng = np.random.default_rng(seed)
    mean_square = LARGEST_WEIGHT * (LARGEST_WEIGHT + 1) / 3
    half = 1 << (MEMBRANE_BITS - 1)
    layers: list[Layer] = []
    for number, (fan_in, size) in enumerate(pairwise(sizes), 1):
        weights = rng.integers(-LARGEST_WEIGHT, LARGEST_WEIGHT + 1, (size, fan_in))
        rate = HIDDEN_RATE if layers else density
        theta = max(1, round(THRESHOLD_DEVIATIONS * math.sqrt(fan_in * rate * mean_square)))
        neuron = Lif(np.full(size, theta), np.zeros(size, np.int64), (LeakTerm(LEAK_SHIFT),), v_min=-half, v_max=half - 1)
        source = f"dense{number - 1}" if layers else "input"
        synapses = Synapses(source, SynapseOp.DENSE, weights, WEIGHT_FORMAT)
        layers.append(Layer(f"dense{number}", Shape(size), (synapses,), neuron, timesteps))
    name = f"random-{'-'.join(map(str, sizes))}"
    return Network(name, Input("input", Shape(sizes[0]), timesteps), tuple(layers), layers[-1].name, Readout.SUM)


def silent_dense_network(
    fan_in: int, fan_out: int, timesteps: int, weights: WeightFormat, membrane_bits: int, seed: int
) -> Network:
    """One layer of ``fan_out`` neurons that never fire, on ``fan_in`` binary inputs: nothing but the layer's own work. Weights are uniform over the format's values."""
    info = FORMATS[weights]
    rng = np.random.default_rng([seed, info.bits, fan_out])
    values = np.array([w for w in range(info.minimum, info.maximum + 1) if w or weights is not WeightFormat.PM1], np.int64)
    half = 1 << (membrane_bits - 1)
    neuron = Lif(np.full(fan_out, half - 1), np.zeros(fan_out, np.int64), (), v_min=-half, v_max=half - 1)
    synapses = Synapses("input", SynapseOp.DENSE, rng.choice(values, (fan_out, fan_in)), weights)
    layer = Layer("layer", Shape(fan_out), (synapses,), neuron, timesteps)
    return Network(f"layer-{fan_in}-{fan_out}", Input("input", Shape(fan_in), timesteps), (layer,), layer.name, Readout.NONE)


def random_spikes(source: Input, density: float, seed: int, samples: int) -> IntArray:
    """Inputs (samples, timesteps, channels, height, width), each element 1 with probability ``density``."""
    rng = np.random.default_rng([seed, 1])  # another stream than the weights'
    return (rng.random((samples, source.timesteps, *source.shape.as_tuple())) < density).astype(np.int64)
