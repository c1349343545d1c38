"""A kind of neuron has one home: what is not registered is refused by name wherever a network goes, and nobody asks which kind a neuron is."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
from shiftfire.cli.info import _layer_row
from shiftfire.compiler.compile import compile_checked, compile_network
from shiftfire.compiler.lowering.core_program import core_program
from shiftfire.compiler.lowering.events import core_events
from shiftfire.compiler.lowering.fire_words import fire_registers, leak_words, parameter_words, table_words
from shiftfire.compiler.lowering.segments import position_walk, segment_groups
from shiftfire.compiler.mapping.bounds import check_bounds
from shiftfire.compiler.mapping.cuts import channel_block_sizes
from shiftfire.compiler.mapping.slicing import slice_layer
from shiftfire.compiler.mapping.spread import spread_slices
from shiftfire.compiler.mapping.work import fire_cycles
from shiftfire.compiler.program import Program
from shiftfire.compiler.recentre import can_recentre, recentred
from shiftfire.compiler.schedule import compile_rounds, resident_schedule
from shiftfire.energy.dense.ideal import estimate_ideal
from shiftfire.energy.estimate import estimate_energy
from shiftfire.energy.table import load_table
from shiftfire.golden.execute import execute, fire
from shiftfire.network.check import check_network
from shiftfire.network.container import save_network
from shiftfire.network.fields import Fields
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.layer_tensors import LayerTensors
from shiftfire.network.neurons import registry
from shiftfire.network.neurons.kind import NeuronKind, Operations, Registers
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.registry import KINDS, container_names, kind_named, registered
from shiftfire.network.schema import decode_network, encode_network
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import IntArray, NetworkError, Shape
from shiftfire.report.layers import layer_rows
from shiftfire.report.run import Run
from shiftfire.system.result import RunResult
from shiftfire_spec.chip import OPTIONS, load_chip
from shiftfire_spec.counters import COUNTERS
from shiftfire_spec.fire import CURRENT_OPS, MEMBRANE_OPS, OP_OPTIONS, STEPPED_OPS, FireOp
from shiftfire_spec.weights import WeightFormat

ROOT = Path(__file__).resolve().parent.parent
EDGE = load_chip("edge")
ZERO = np.zeros(4, np.int64)


@dataclass(frozen=True, eq=False)
class Wobble(NeuronKind):
    """Answers everything that a kind is asked, as a copy of ARGMAX would; only the registry does not list it."""

    bias: IntArray

    op = FireOp.ARGMAX
    operations_text = "none"

    @property
    def value_limits(self) -> tuple[int, int]:
        return (0, 1)

    def check(self, owner: str, shape: Shape) -> None:
        del owner, shape

    @classmethod
    def container_name(cls) -> str:
        return "wobble"

    def container_fields(self) -> dict[str, Any]:
        return {}

    @classmethod
    def from_container(cls, fields: Fields, tensors: LayerTensors) -> Self:
        del fields
        return cls(tensors.take("bias"))

    def registers(self, segment_groups: int) -> Registers:
        del segment_groups
        return {}

    @property
    def operations(self) -> Operations:
        return Operations(1, 1)

    def recentred(self, level: int, dead_zone: int) -> Self | None:
        del level, dead_zone
        return self


def network_of(neuron: Any) -> Network:
    """Two layers: ``neuron`` behind the input, a membrane behind it."""
    weights = Synapses("in", SynapseOp.DENSE, np.ones((4, 3), np.int64), WeightFormat.INT4)
    first = Layer("first", Shape(4), (weights,), neuron)
    last = Layer("last", Shape(4), (replace(weights, source="first", weights=np.ones((4, 4), np.int64)),), Lif(ZERO + 3, ZERO))
    return Network("wobbly", Input("in", Shape(3)), (first, last), "last", Readout.SUM)


GOOD = network_of(Lif(ZERO + 1, ZERO))
BAD = network_of(Wobble(ZERO))
FIRST = BAD.layers[0]
GOOD_PROGRAM = compile_network(GOOD, EDGE)
PROGRAM = replace(GOOD_PROGRAM, network=BAD)  # as if the compiler had let it through
CORE = next(core for core in PROGRAM.cores if core.layer == "first")
COUNTS = np.ones((EDGE.tiles, COUNTERS), np.int64)
RESULT = RunResult("sim", 1, None, 9, 0, None, COUNTS, None)


def _activations(network: Network) -> dict[str, IntArray]:
    return {layer.name: np.ones((1, 1, 4, 1, 1), np.int64) for layer in network.layers}


CONSUMERS: dict[str, Callable[[Network, Program], object]] = {
    "container, write": lambda n, _: encode_network(n),
    "check": lambda n, _: check_network(n),
    "values": lambda n, _: n.layers[0].value_limits,
    "payload kind": lambda n, _: n.layers[0].payload_kind,
    "compile": lambda n, _: compile_network(n, EDGE),
    "compile, checked": lambda n, _: compile_checked(n, EDGE, spread=True),
    "rounds": lambda n, _: compile_rounds(n, EDGE),
    "bounds": lambda n, _: check_bounds(n, EDGE),
    "cuts": lambda n, _: channel_block_sizes(n.layers[0], EDGE.lanes),
    "slicing": lambda n, _: slice_layer(n, n.layers[0], EDGE),
    "spread": lambda n, p: spread_slices(n, p.cores, EDGE),
    "work": lambda n, _: fire_cycles(n.layers[0], CORE, EDGE),
    "core program": lambda n, _: core_program(n, n.layers[0]),
    "segments": lambda n, _: segment_groups(n.layers[0], CORE, EDGE.lanes),
    "walk": lambda n, _: position_walk(n.layers[0], CORE, EDGE),
    "registers": lambda n, _: fire_registers(n.layers[0], CORE, EDGE.lanes),
    "table": lambda n, _: table_words(n.layers[0]),
    "parameters": lambda n, _: parameter_words(n.layers[0], CORE, EDGE.lanes),
    "leaks": lambda n, _: leak_words(n.layers[0], CORE, EDGE.lanes),
    "emission": lambda n, p: core_events(p, _activations(n)),
    "recentring, question": lambda n, _: can_recentre(n, n.layers[0], 1, 0),
    "golden": lambda n, _: execute(n, np.ones((1, 3, 1, 1), np.int64)),
    "golden, one layer": lambda n, _: fire(n.layers[0].neuron, np.ones((1, 1, 4, 1, 1), np.int64)),
    "energy": lambda _, p: estimate_energy(p, COUNTS, 1, 1),
    "dense baseline": lambda n, _: estimate_ideal(n, EDGE, 1, defaultdict(lambda: 1.0)),
    "report": lambda _, p: layer_rows(Run(resident_schedule(p), (RESULT,))),
    "info": lambda n, _: _layer_row(n, n.layers[0]),
}


@pytest.mark.parametrize("consumer", CONSUMERS)
def test_an_unknown_kind_is_refused_by_name(consumer: str) -> None:
    CONSUMERS[consumer](GOOD, GOOD_PROGRAM)
    with pytest.raises(NetworkError, match=r"Wobble is not one of Lif, Count, .*Table"):
        CONSUMERS[consumer](BAD, PROGRAM)


def test_a_registered_kind_that_golden_does_not_execute_is_refused_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody else asks the kind; golden has its arithmetic a second time, on purpose."""
    monkeypatch.setattr(registry, "KINDS", (*KINDS, Wobble))
    refusing = set()
    for name, consumer in CONSUMERS.items():
        try:
            consumer(BAD, PROGRAM)
        except NetworkError as error:
            assert "golden does not execute Wobble: write its arithmetic" in str(error), name
            refusing.add(name)
    assert refusing == {"golden", "golden, one layer"}


def test_recentring_refuses_an_unknown_kind() -> None:
    with pytest.raises(NetworkError, match="Wobble is not one of"):
        recentred(BAD, FIRST, 1, 0)


def test_an_unknown_kind_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="layer first: neuron kind Wobble is not one of"):
        save_network(BAD, tmp_path / "net")
    assert not (tmp_path / "net").exists()


def test_an_unknown_kind_is_not_read() -> None:
    document, tensors = encode_network(GOOD)
    document["layers"][0]["neuron"] = {"kind": "wobble"}
    with pytest.raises(NetworkError, match=r"kind 'wobble' is not one of lif, count, .*table"):
        decode_network(document, tensors)


def test_a_kind_derived_from_a_known_one_is_unknown() -> None:
    class Wobbling(Lif):
        pass

    with pytest.raises(NetworkError, match="Wobbling is not one of"):
        registered(Wobbling(ZERO + 1, ZERO))


# The registry and the contract


def test_every_operation_has_one_kind() -> None:
    assert sorted(kind.op for kind in KINDS) == sorted(FireOp)
    assert len(set(container_names())) == len(KINDS)
    assert all(kind_named(name) is kind for name, kind in zip(container_names(), KINDS, strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_a_membrane_when_the_contract_says_so(kind: type[NeuronKind]) -> None:
    assert (kind.membrane is not NeuronKind.membrane) == (kind.op in MEMBRANE_OPS)
    assert (kind.current is not NeuronKind.current) == (kind.op in CURRENT_OPS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_takes_several_cycles_when_the_contract_says_so(kind: type[NeuronKind]) -> None:
    assert (kind.step_cycles is not NeuronKind.step_cycles) == (kind.op in STEPPED_OPS)


@pytest.mark.parametrize("op", OP_OPTIONS)
def test_options_of_operations_are_options_of_chips(op: FireOp) -> None:
    assert EDGE.has_op(op) and EDGE.has_op(FireOp.LIF)
    for option in OP_OPTIONS[op]:
        assert option in OPTIONS
        assert not replace(EDGE, **{"shift_units": False, option: False}).has_op(op)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_per_channel_are_fields(kind: type[NeuronKind]) -> None:
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    assert "bias" in kind.per_channel and set(kind.per_channel) <= names


def test_single_numbers_are_repeated_for_every_channel() -> None:
    short: Any = Lif(theta=9)  # type: ignore[arg-type]
    lif = short.for_channels(4)
    assert lif.theta.tolist() == [9] * 4 and lif.bias.tolist() == [0] * 4
    own = Lif(theta=ZERO + 2, bias=np.arange(4)).for_channels(4)
    assert own.theta.tolist() == [2] * 4 and own.bias.tolist() == [0, 1, 2, 3]
    check_network(network_of(lif))


def test_operations_are_constants_of_the_energy_table() -> None:
    assert {field.name for field in fields(Operations)} <= set(load_table().constants)


# The sources

MAY_NAME_KINDS = (
    "sim/shiftfire/network/neurons/",  # their home
    "sim/shiftfire/golden/",  # their arithmetic, on purpose a second time
    "sim/shiftfire/training/",  # build networks, as the next three do
    "sim/shiftfire/quantise/",
    "sim/shiftfire/frontends/",
    "sim/shiftfire/sana_fe/neurons.py",  # says one to another simulator
    "sim/shiftfire/network/random_dense.py",
    "sim/shiftfire/cost/norm_errors.py",  # measures one unit, as the next ones do
    "sim/shiftfire/cost/gates/",
)
NOT_KINDS = {"kind", "registry", "membrane", "graded"}  # modules of the package that several kinds share


def named_kinds(tree: ast.Module) -> set[str]:
    """Kinds whose modules or classes a file names, and fields ``neuron`` that it reads without asking whether the kind is known."""
    classes = {kind.__name__ for kind in KINDS}
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            home, _, module = (node.module or "").rpartition(".")
            if home.endswith("neurons") and module not in NOT_KINDS:
                found.add(module)
            if home.endswith("neurons") or module == "neurons":
                found |= {alias.name for alias in node.names} & classes
        elif isinstance(node, ast.Attribute) and node.attr == "neuron":
            found.add("Layer.neuron instead of Layer.kind")
    return found


@cache
def sources() -> dict[str, ast.Module]:
    """Files of the simulator by path."""
    return {p.relative_to(ROOT).as_posix(): ast.parse(p.read_text(encoding="utf-8")) for p in sorted((ROOT / "sim").rglob("*.py"))}


def test_nobody_else_names_a_kind() -> None:
    found = []
    for relative, tree in sources().items():
        if not relative.startswith((*MAY_NAME_KINDS, "sim/shiftfire/network/graph.py")):
            found += [f"{relative}: {name}" for name in sorted(named_kinds(tree))]
    assert not found, "ask Layer.kind for the fact in question: " + "; ".join(found)


@pytest.mark.parametrize(
    "source",
    [
        "from ..network.neurons.lif import Lif",
        "from ...network.neurons.registry import Bspn, KINDS",
        "from .neurons.table import Table",
        "def f(layer): return layer.neuron.lo",
    ],
)
def test_the_check_finds_them(source: str) -> None:
    assert named_kinds(ast.parse(source))


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_named_in_four_files_of_the_simulator(kind: type[NeuronKind]) -> None:
    """Module, registry, golden's module and golden's dispatch; with four of contract and RTL that makes the eight of docs/howto/add-a-neuron.md."""
    builders = tuple(name for name in MAY_NAME_KINDS if name not in ("sim/shiftfire/network/neurons/", "sim/shiftfire/golden/"))
    names = set()
    for relative, tree in sources().items():
        home = relative.startswith("sim/shiftfire/network/neurons/")
        nodes = list(ast.walk(tree))
        defined = {node.name for node in nodes if isinstance(node, ast.ClassDef) and home}
        imports = [node for node in nodes if isinstance(node, ast.ImportFrom) and (home or "neurons" in (node.module or ""))]
        if kind.__name__ in defined | {alias.name for node in imports for alias in node.names} and not relative.startswith(
            builders
        ):
            names.add(relative)
    assert len(names) == 4, names
