"""Chips with more of one thing than others, and random networks of the kinds that people bring to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np
from shiftfire.compiler.compile import program_of
from shiftfire.compiler.program import CompileError
from shiftfire.compiler.schedule import Schedule, resident_schedule
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.input_sets import Inputs
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm
from shiftfire.network.random_dense import random_dense_network
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire.optimise.remedies import measured_cycles
from shiftfire.optimise.schedule import optimised_schedule
from shiftfire_spec.chip import ChipConfig, load_chip
from shiftfire_spec.weights import WeightFormat

from .random_attention import random_attention
from .random_networks import RandomLimits, network_inputs, random_candidate

SAMPLES = 3
LEAK = (LeakTerm(3), LeakTerm(5, True), LeakTerm(7))
EFFORT = 6  # mappings that a trial runs
FIRE_LANES = "fire lanes"
WORTH = 1.02  # more cycles than that are a rise
EDGE = load_chip("edge")
QUEUES = ("link_queue_depth", "ingress_queue_depth", "egress_queue_depth", "inject_queue_depth")


def _edge(name: str, **values: int) -> ChipConfig:
    return replace(EDGE, name=name, **values)


def _queues(name: str, share: float) -> ChipConfig:
    return _edge(name, **{queue: int(getattr(EDGE, queue) * share) for queue in QUEUES})


LADDERS: tuple[tuple[ChipConfig, ...], ...] = (  # of 12 chips; each has more of one thing than those before it
    (_edge("lanes8", lanes=8), EDGE, _edge("lanes32", lanes=32), _edge("lanes64", lanes=64)),
    (_edge("2x3", width=2, height=3), _edge("4x3", height=3), EDGE, _edge("6x4", width=6)),
    (_edge("fire2", fire_lanes=2), EDGE, _edge("fire8", fire_lanes=8)),
    (_queues("short", 0.5), EDGE, _queues("long", 2)),
    (EDGE, _edge("inject32", inject_queue_depth=32)),
)
CHIPS = tuple(dict.fromkeys(chip for ladder in LADDERS for chip in ladder))
PAIRS = tuple(pair for ladder in LADDERS for pair in combinations(ladder, 2))  # the first has less


def _lif(channels: int, theta: int) -> Lif:
    return Lif(np.full(channels, theta), np.zeros(channels, np.int64), LEAK)


def _dense(rng: np.random.Generator, source: Layer | Input, channels: int) -> Layer:
    """INT4; about a fifth of the neurons spike."""
    shape = source.shape
    fan_in = shape.channels * shape.height * shape.width
    synapses = Synapses(source.name, SynapseOp.DENSE, rng.integers(-7, 8, (channels, fan_in)), WeightFormat.INT4)
    theta = max(4, int(1.5 * fan_in**0.5))
    return Layer(f"d{channels}_{fan_in}", Shape(channels), (synapses,), _lif(channels, theta), source.timesteps)


def _conv(rng: np.random.Generator, source: Layer | Input, channels: int, number: int) -> Layer:
    """3 x 3, every other one after pooling."""
    shape, pool = source.shape, 1 + number % 2
    weights = rng.integers(-7, 8, (channels, shape.channels, 3, 3))
    synapses = Synapses(source.name, SynapseOp.CONV2D, weights, WeightFormat.INT4, kernel=(3, 3), padding=(1, 1), pre_pool=pool)
    theta = max(4, int(4 * shape.channels**0.5))
    return Layer(
        f"c{number}",
        Shape(channels, shape.height // pool, shape.width // pool),
        (synapses,),
        _lif(channels, theta),
        source.timesteps,
    )


def perceptron(rng: np.random.Generator) -> Network:
    """Dense layers, to ten or fewer classes."""
    hidden = rng.choice([24, 32, 48, 64, 100, 128], int(rng.integers(1, 4))).tolist()
    sizes = (int(rng.choice([64, 196, 256, 784])), *hidden, int(rng.integers(2, 11)))
    return random_dense_network(sizes, int(rng.integers(2, 9)), 0.1, int(rng.integers(1000)))


def convolutional(rng: np.random.Generator) -> Network:
    """Convolutions of more and more channels, then a dense layer."""
    size = int(rng.choice([8, 12, 16]))
    source: Layer | Input = Input("pixels", Shape(int(rng.integers(1, 4)), size, size), int(rng.integers(2, 5)))
    first, layers = source, []
    channels = int(rng.choice([8, 12, 16]))
    for number in range(int(rng.integers(2, 4))):
        source = _conv(rng, source, channels, number)
        layers.append(source)
        channels = min(48, channels * int(rng.integers(1, 3)))
    source = replace(_dense(rng, source, 10), name="out")
    return Network("convolutional", first, (*layers, source), source.name, Readout.SUM)


def anything(rng: np.random.Generator) -> Network:
    """Every synapse, neuron and format there is."""
    return random_candidate(rng, EDGE, RandomLimits(layers=5, channels=48, extent=12))


def attention(rng: np.random.Generator) -> Network:
    """Heads over tokens."""
    return random_attention(rng, 24, 6, 4)


KINDS: tuple[Callable[[np.random.Generator], Network], ...] = (
    perceptron,
    anything,
    convolutional,
    anything,
    perceptron,
    anything,
    convolutional,
    attention,
    perceptron,
    anything,
)


def case(seed: int) -> tuple[Network, Inputs]:
    """The network of a seed, and its samples; a tenth to all of their elements are not 0."""
    rng = np.random.default_rng([41, seed])
    network = KINDS[seed % len(KINDS)](rng)
    return network, network_inputs(rng, network, SAMPLES)


def cycles_by_chip(network: Network, inputs: Inputs) -> dict[str, int]:
    """Cycles in the simulator, mapped as by default, by the names of the chips that run the network. AssertionError if one refuses it that has more than one that does not."""
    found: dict[str, int] = {}
    for chip in CHIPS:
        try:
            found[chip.name] = measured_cycles(optimised_schedule(network, chip), inputs)
        except CompileError:
            continue
    assert all(more.name in found for less, more in PAIRS if less.name in found)
    return found


def reason(network: Network, inputs: Inputs, less: ChipConfig, more: ChipConfig, cycles: int) -> str:
    """Why the network is slower on ``more`` than the ``cycles`` that it takes on ``less``: what, if changed, makes it no slower; empty when none of what is tried does.

    The fire engine goes through all lanes of a group, so there are to be as many fire lanes per lane. A mapping is for assumed densities, so the
    simulator is to choose, on these inputs. The search may miss the cut that is best on ``less``, so that one is to be taken.
    """
    ratio = less.lanes // less.fire_lanes
    as_many = replace(more, name="as-many", fire_lanes=max(more.fire_lanes, more.lanes // ratio))
    trials: tuple[tuple[str, Callable[[], Schedule]], ...] = (
        (FIRE_LANES, lambda: optimised_schedule(network, as_many)),
        ("densities", lambda: optimised_schedule(network, more, effort=EFFORT, inputs=inputs)),
        ("fire lanes and densities", lambda: optimised_schedule(network, as_many, effort=EFFORT, inputs=inputs)),
        ("cut", lambda: _cut_as_on(network, less, more)),
        ("fire lanes and cut", lambda: _cut_as_on(network, less, as_many)),
    )
    for name, schedule in trials:
        if measured_cycles(schedule(), inputs) <= WORTH * cycles:
            return name
    return ""


def _cut_as_on(network: Network, less: ChipConfig, more: ChipConfig) -> Schedule:
    """The mapping to a chip, of a network that fits it at once, on one of the same mesh."""
    (part,) = optimised_schedule(network, less).rounds
    assert (less.width, less.height) == (more.width, more.height)
    return resident_schedule(program_of(part.program.network, part.program.cores, more, spread=True))
