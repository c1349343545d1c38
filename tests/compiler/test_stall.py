"""The stall check passes what flows and names the cycle of what does not."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.lowering.image import configuration_image
from shiftfire.compiler.mapping.placement import place
from shiftfire.compiler.mapping.routing import route_masks
from shiftfire.compiler.mapping.slicing import slice_network
from shiftfire.compiler.mapping.streams import connect
from shiftfire.compiler.program import CompileError, Program
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire_spec.chip import load_chip
from support.image_interpreter import ImageInterpreter
from support.injections import injection_words

SIZE = 4


def layer(name: str, sources: list[str], timesteps: int, *, count: bool = False) -> Layer:
    """A layer of direct synapses: LIF unless ``count``."""
    zeros = np.zeros(SIZE, dtype=np.int64)
    neuron = Count(zeros + 1, zeros) if count else Lif(zeros + 1, zeros)
    return Layer(name, Shape(SIZE), tuple(Synapses(s, SynapseOp.DIRECT) for s in sources), neuron, timesteps)


def network(steps: int, *layers: Layer) -> Network:
    return Network("net", Input("in", Shape(SIZE), steps), layers, layers[-1].name, Readout.NONE)


FLOWING = {
    "residual": network(4, layer("a", ["in"], 4), layer("b", ["a"], 4), layer("c", ["a", "b"], 4)),
    "long_way_round": network(
        4, layer("a", ["in"], 4), layer("b", ["a"], 4), layer("d", ["b"], 4), layer("e", ["d"], 4), layer("c", ["e", "a"], 4)
    ),
    "residual_summed": network(8, layer("a", ["in"], 8), layer("b", ["a"], 8), layer("c", ["a", "b"], 1, count=True)),
    "sum_bypassed": network(
        4, layer("a", ["in"], 4), layer("b", ["a"], 1, count=True), layer("c", ["b"], 4), layer("d", ["c", "a"], 1, count=True)
    ),
    "constant": network(1, layer("a", ["in"], 4), layer("b", ["a"], 1, count=True)),
}


@pytest.mark.parametrize("name", FLOWING)
def test_flows(name: str) -> None:
    compile_network(FLOWING[name], load_chip("edge"))


def test_sequence_wide_dependency_stalls() -> None:
    """d takes a and c in turn, but c's first vector needs all of a's: a waits for d, d for c, c for b, b for a."""
    stalling = network(4, layer("a", ["in"], 4), layer("b", ["a"], 1, count=True), layer("c", ["b"], 4), layer("d", ["a", "c"], 4))
    with pytest.raises(CompileError) as error:
        compile_network(stalling, load_chip("edge"))
    text = str(error.value)
    for part in (
        "a waits for d to open",
        "d waits for a vector of c",
        "c waits for a vector of b",
        "b waits for a vector of a",
        "timesteps",
    ):
        assert part in text
    assert "in waits" not in text


def test_stall_is_real() -> None:
    """The image of the stalling network, compiled without the check, stops in the interpreter, which has unlimited room."""
    chip = load_chip("edge")
    stalling = network(4, layer("a", ["in"], 4), layer("b", ["a"], 1, count=True), layer("c", ["b"], 4), layer("d", ["a", "c"], 4))
    cores = place(stalling, slice_network(stalling, chip), chip)
    connections = connect(stalling, cores, chip)
    image = configuration_image(stalling, cores, connections, route_masks(connections, chip), chip)
    program = Program(stalling, chip, cores, connections.streams, image, False, (0,) * 4)
    interpreter = ImageInterpreter(image, chip, np.random.default_rng(0))
    interpreter.run(injection_words(program, np.ones((3, 4, SIZE, 1, 1), dtype=np.int64)).words)
    assert program.ends_per_sample() > 0 and not interpreter.collected
