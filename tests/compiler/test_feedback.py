"""Feedback in the compiler: programs, the order within a step, and what is refused."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.lowering import core_program as lowering
from shiftfire.compiler.lowering.core_program import Instruction, core_program
from shiftfire.compiler.mapping import stall
from shiftfire.compiler.program import CompileError
from shiftfire.compiler.recentre import can_recentre
from shiftfire.compiler.schedule import compile_rounds, compile_schedule
from shiftfire.golden.execute import execute
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.recurrence import components, feeds_back, late_order, step_order
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire_spec.chip import load_chip
from shiftfire_spec.core_program import Opcode

EDGE = load_chip("edge")
SIZE = 4


def layer(name: str, *sources: str, timesteps: int = 5, count: bool = False) -> Layer:
    """A layer of direct synapses; ``-`` before a source: one step late."""
    zeros = np.zeros(SIZE, np.int64)
    synapses = tuple(Synapses(s.lstrip("-"), SynapseOp.DIRECT, delay=int(s[0] == "-")) for s in sources)
    return Layer(name, Shape(SIZE), synapses, Count(zeros + 1, zeros) if count else Lif(zeros + 1, zeros), timesteps)


def network(*layers: Layer, steps: int = 5) -> Network:
    return Network("net", Input("in", Shape(SIZE), steps), layers, layers[-1].name, Readout.NONE)


def short(instruction: Instruction) -> str:
    flags = "".join(f" {name}" for name in ("first", "discard") if getattr(instruction, name))
    number = {Opcode.LOOP: f" {instruction.target} x{instruction.count}", Opcode.FIRE: ""}
    return f"{instruction.opcode.name}{number.get(instruction.opcode, f' {instruction.group}')}{flags}"


def test_a_program() -> None:
    """Delayed groups first, in the order within a step; dropped at the end."""
    net = network(layer("a", "-b", "in", "-a"), layer("b", "a"))
    ordered = [s.source for s in lowering.ordered_synapses(net, net.layer("a"))]
    assert ordered == ["a", "b", "in"]
    assert [short(i) for i in core_program(net, net.layer("a"))] == [
        *("ACC 2", "FIRE first", "ACC 0", "ACC 1", "ACC 2", "FIRE", "LOOP 2 x4"),
        *("ACC 0 discard", "ACC 1 discard", "JUMP 0"),
    ]
    two = network(layer("a", "in", "-a", timesteps=2), steps=2)
    assert [short(i) for i in core_program(two, two.layer("a"))] == [
        *("ACC 1", "FIRE first", "ACC 0", "ACC 1", "FIRE", "ACC 0 discard", "JUMP 0")
    ]


FLOWING = {
    "self": network(layer("a", "in", "-a")),
    "back": network(layer("a", "in", "-c"), layer("b", "a"), layer("c", "b")),
    "crossed": network(layer("a", "in", "-a", "-b"), layer("b", "a", "-b"), layer("c", "b", "-c")),
    "side_by_side": network(layer("a", "in"), layer("b", "in", "-a"), layer("c", "a", "b", "-c")),
    "summed": network(layer("a", "in", "-a"), layer("b", "a", timesteps=1, count=True)),
    "driven": network(layer("s", "in", timesteps=1, count=True), layer("a", "s"), layer("b", "a", "-b", "-c"), layer("c", "b")),
    "late_input": network(layer("a", "in"), layer("b", "a", "-b")),
}


@pytest.mark.parametrize("name", FLOWING)
def test_flows(name: str) -> None:
    compile_network(FLOWING[name], EDGE)


def test_undelayed_vectors_first_would_stall(monkeypatch: pytest.MonkeyPatch) -> None:
    """What decision 0018 says of the other order is so."""
    net = network(layer("p", "in", "-b"), layer("a", "p", "-a"), layer("b", "a"))

    def swapped(given: Network, own: Layer) -> tuple[Instruction, ...]:
        code = core_program(given, own)
        if own.name != "a":
            return code
        assert [short(i) for i in code[2:4]] == ["ACC 0", "ACC 1"]
        return (*code[:2], code[3], code[2], *code[4:])

    compile_network(net, EDGE)
    monkeypatch.setattr(stall, "core_program", swapped)
    with pytest.raises(CompileError, match=r"stalls: .*waits for a to open its next vector"):
        compile_network(net, EDGE)


def test_the_check_takes_hundreds_of_steps() -> None:
    steps = 400
    net = network(layer("a", "in", "-a", "-b", timesteps=steps), layer("b", "a", "-b", timesteps=steps), steps=steps)
    start = time.process_time()
    compile_network(net, EDGE)
    assert time.process_time() - start < 5


REFUSED = {
    "all its synapses have a delay": network(layer("a", "in", "-b"), layer("b", "-a")),
    "takes a one step late, but cannot fire a step before a has sent": network(
        layer("a", "in"), layer("b", "a"), layer("c", "b", "-a")
    ),
    "takes d one step late, but cannot fire": network(
        layer("a", "in"), layer("d", "in"), layer("b", "a", "-d"), layer("c", "d", "-a"), layer("e", "b", "c")
    ),
}


@pytest.mark.parametrize("message", REFUSED)
def test_what_the_fabric_cannot_order_is_refused(message: str) -> None:
    with pytest.raises(CompileError, match=message):
        compile_network(REFUSED[message], replace(EDGE, delay_words=0))
    if "all" not in message:
        assert late_order(REFUSED[message]) is None
    compile_network(REFUSED[message], EDGE)  # whose ring keeps what comes at once
    execute(REFUSED[message], np.ones((1, 5, SIZE, 1, 1), np.int64))  # golden can


def test_a_chip_without_feedback_is_named() -> None:
    with pytest.raises(
        CompileError, match=r"layer a: a synapse with delay needs feedback, chip edge has feedback = false; take a chip"
    ):
        compile_schedule(FLOWING["self"], replace(EDGE, feedback=False))


def test_programs_that_are_too_long_are_named() -> None:
    with pytest.raises(CompileError, match=r"layer a: .*needs program_words = 8, the limit is 7"):
        compile_network(FLOWING["self"], replace(EDGE, program_words=7))
    compile_network(FLOWING["self"], replace(EDGE, program_words=8))


def test_a_loop_stays_in_one_round() -> None:
    net = network(layer("a", "in"), layer("b", "a", "-c"), layer("c", "b"), layer("d", "c"))
    rounds = compile_rounds(net, EDGE, most_layers=2).rounds
    assert [[x.name for x in part.program.network.layers] for part in rounds] == [["a"], ["b", "c"], ["d"]]
    with pytest.raises(CompileError, match=r"layers b, c feed back into each other.*: 2 layers, rounds have at most 1; allow 2"):
        compile_rounds(net, EDGE, most_layers=1)
    with pytest.raises(
        CompileError, match=r"nor does it run in rounds: layers b, c feed back.*: 2 cores, chip edge has 1; make them"
    ):
        compile_schedule(net, replace(EDGE, width=1, height=1))


def test_earlier_steps_of_a_later_layer_come_from_the_same_round() -> None:
    """No loop, but the layer is not there before its reader."""
    net = network(layer("a", "in"), layer("b", "a", "-d"), layer("c", "b"), layer("d", "a"), layer("e", "c"))
    rounds = compile_rounds(net, EDGE, most_layers=3).rounds
    assert [[x.name for x in part.program.network.layers] for part in rounds] == [["a"], ["b", "c", "d"], ["e"]]
    with pytest.raises(
        CompileError, match=r"layer b takes the later layer d with a delay.*: 3 layers, rounds have at most 2; allow 3"
    ):
        compile_rounds(net, EDGE, most_layers=2)


def test_loops_that_share_a_layer_with_others_are_refused_as_one() -> None:
    """Each of them fits the chip, not both: the layers of the loop, the later one, and the remedy are in one line."""
    net = network(layer("a", "in"), layer("b", "a", "-c"), layer("c", "b", "-e"), layer("d", "c"), layer("e", "a"), layer("f", "d"))
    assert [len(part.program.cores) for part in compile_rounds(net, EDGE, most_layers=4).rounds] == [1, 4, 1]
    both = "layers b, c feed back into each other and layer c takes the later layer e with a delay"
    for width in (2, 3):
        with pytest.raises(CompileError) as refused:
            compile_schedule(net, replace(EDGE, width=width, height=1))
        loop = f"{both}, so one round holds them and what lies between: 4 cores, chip edge has {width}"
        assert str(refused.value).endswith(f"{loop}; make them smaller, or take a larger chip")
        assert "\n" not in str(refused.value)


def test_a_stream_that_is_taken_late_is_not_recentred() -> None:
    late = network(layer("a", "in", count=True), layer("b", "in", "-a"), layer("c", "a", "b"))
    assert not can_recentre(late, late.layer("a"), 1, 0)
    soon = replace(late, layers=(late.layers[0], layer("b", "in", "a"), late.layers[2]))
    assert can_recentre(soon, soon.layer("a"), 1, 0)


def test_components_are_loops_in_order() -> None:
    net = network(layer("a", "in"), layer("b", "a", "-d"), layer("x", "a", "-x"), layer("d", "b", "x"), layer("e", "d"))
    named = [[x.name for x in group] for group in components(net)]
    assert named == [["a"], ["x"], ["b", "d"], ["e"]]
    assert [feeds_back(group) for group in components(net)] == [False, True, True, False]
    assert step_order(net) == ("in", "a", "b", "x", "d", "e")
