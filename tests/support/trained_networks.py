"""What is measured of a network that a framework trained, and the tables of it (build/frameworks)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shiftfire as sf
from shiftfire.frontends.float_graph.interpret import Trace, interpret
from shiftfire.frontends.float_graph.profile_file import named_profile
from shiftfire.frontends.nir.build import graph_of
from shiftfire.golden.execute import execute

from .first_differences import Comparison, compare
from .nir_networks.case import Case
from .nir_networks.digits import TRAINED, digits

CALIBRATED = 300  # samples, of those that the network was trained on
VERIFIED = 2  # samples held out
CHIP = "edge"


@dataclass(frozen=True)
class Integers:
    """The integer model with weights of ``bits`` beside the float model on all samples held out; shares are 0 to 1.

    ``agreement``: neuron-steps of all layers; ``layers``: of each; ``own``: of each, given the float model's inputs, on the calibration samples.
    ``close``: of the decisions that differ, those that the float model takes by a spike or less. ``cycles``: of the verified samples.
    """

    bits: int
    agreement: float
    layers: tuple[float, ...]
    own: tuple[float, ...]
    decisions: float
    differing: int
    close: int
    accuracy_float: float
    accuracy_integer: float
    cycles: int


def compared_with_interpreter(case: Case) -> Comparison:
    """Interpreter and framework on the same inputs."""
    graph, profile = graph_of(case.graph), named_profile(case.profile)
    return compare(graph, profile, interpret(graph, profile, case.inputs), case.outputs)


def as_integers(case: Case, bits: int) -> Integers:
    """Converts to weights of ``bits``, measures, and verifies on the chip; an inequality there is an AssertionError."""
    graph, profile = graph_of(case.graph), named_profile(case.profile)
    x, labels = digits(case.inputs.shape[2:])
    made = sf.from_nir(graph, profile, weights=bits, calibrate=x[:CALIBRATED], labels=labels[:CALIBRATED], name=case.name)
    sf.verify(made, made.integers(case.inputs[:VERIFIED]), chip=CHIP).assert_equal()
    cycles = sf.run(made, made.integers(case.inputs[:VERIFIED]), chip=CHIP).cycles
    trace = interpret(graph, profile, case.inputs)
    golden = execute(made.network, made.integers(case.inputs))
    same = [_same(trace, golden.activations[made.conversion.built.names[name]], name) for name in case.outputs]
    counts = trace.outputs[list(case.outputs)[-1]].reshape(*case.inputs.shape[:2], -1).sum(axis=1)
    decided, truth = counts.argmax(axis=1), labels[TRAINED:]
    assert cycles is not None and golden.predictions is not None and made.fidelity is not None
    wrong = decided != golden.predictions
    order = np.sort(counts, axis=1)
    return Integers(
        bits=bits,
        agreement=float(sum(s.sum() for s in same) / sum(s.size for s in same)),
        layers=tuple(float(s.mean()) for s in same),
        own=tuple(float(layer.own_agreement or 0) for layer in made.fidelity.layers),
        decisions=float(1 - wrong.mean()),
        differing=int(wrong.sum()),
        close=int(np.sum((order[:, -1] - order[:, -2])[wrong] <= 1)),
        accuracy_float=float(np.mean(decided == truth)),
        accuracy_integer=float(np.mean(golden.predictions == truth)),
        cycles=cycles,
    )


def _same(trace: Trace, sent: np.ndarray, name: str) -> np.ndarray:
    return sent.reshape(trace.outputs[name].shape) == trace.outputs[name]


def write_tables(file: Path, compared: dict[str, Comparison], integers: dict[tuple[str, int], Integers]) -> None:
    """Two Markdown tables: floats against floats, integers against floats."""
    lines = [
        "| network | neuron-steps | differing | first differences | greatest distance to theta | of its bound | nearest approach |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, c in compared.items():
        worst = max(c.first, key=lambda f: f.distance / f.bound, default=None)
        far = "-" if worst is None else f"{max(f.distance for f in c.first):.1e}"
        share = "-" if worst is None else f"{worst.distance / worst.bound:.1%}"
        lines.append(f"| {name} | {c.steps:,} | {c.differing} | {len(c.first)} | {far} | {share} | {c.nearest:.1e} |")
    lines += [
        "",
        "| network | bits | agreement | layers | own | decisions | differing, by a spike or less | accuracy float, integer | cycles of 2 samples, verified |",
        "| --- | ---: | ---: | --- | --- | ---: | ---: | ---: | ---: |",
    ]
    for (name, bits), i in integers.items():
        layers, own = (" ".join(f"{share:.2%}" for share in shares) for shares in (i.layers, i.own))
        accuracies = f"{i.accuracy_float:.1%}, {i.accuracy_integer:.1%}"
        lines.append(
            f"| {name} | {bits} | {i.agreement:.2%} | {layers} | {own} | {i.decisions:.2%} | {i.differing}, {i.close} | {accuracies} | {i.cycles:,} |"
        )
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
