"""A small model on disk, the command in-process, and fake executions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from shiftfire.api import runs, speed
from shiftfire.backends.backend import Ability
from shiftfire.backends.fault import Fault
from shiftfire.cli import main as cli
from shiftfire.compiler.program import Program
from shiftfire.compiler.schedule import Schedule
from shiftfire.network.container import Samples, save_network
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire.report.run import Run
from shiftfire.system.plan import RunPlan
from shiftfire.system.result import EVENT_DTYPE, RunResult
from shiftfire.verification import verify
from shiftfire.verification.compare import Comparison
from shiftfire.verification.verify import Verification
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.counters import COUNTERS
from shiftfire_spec.events import IO_TILE, EventKind
from shiftfire_spec.packet import Kind
from shiftfire_spec.weights import WeightFormat

LABELS = np.array([0, 1, 1, 0, 1, 0])


@dataclass(frozen=True)
class Ran:
    """A finished command."""

    code: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """``command("run", "x")``: exit code and output of ``shiftfire run x``."""

    def run(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["shiftfire", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        captured = capsys.readouterr()
        code = stopped.value.code
        return Ran(code if isinstance(code, int) else int(code is not None), captured.out, captured.err)

    return run


def toy() -> Network:
    """3 inputs -> 4 LIF neurons, T = 2 -> argmax of 2."""
    hidden = Layer(
        "hidden",
        Shape(4),
        (Synapses("in", SynapseOp.DENSE, np.arange(12).reshape(4, 3) - 5, WeightFormat.INT4),),
        Lif(np.full(4, 3), np.zeros(4, np.int64)),
        timesteps=2,
    )
    weights = np.array([[1, -1, 1, 1], [-1, 1, -1, 1]])
    out = Layer("out", Shape(2), (Synapses("hidden", SynapseOp.DENSE, weights, WeightFormat.PM1),), Argmax(np.zeros(2, np.int64)))
    return Network("toy", Input("in", Shape(3), timesteps=2), (hidden, out), "out", Readout.EVENT, {"origin": "made up"})


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Folder of the toy network with six labelled samples."""
    inputs = (np.arange(18).reshape(6, 1, 3, 1, 1) % 2).astype(np.int64).repeat(2, axis=1)  # the same in both timesteps
    save_network(toy(), tmp_path / "toy", Samples(inputs, LABELS))
    return tmp_path / "toy"


def fake_result(program: Program, samples: int, backend: str, trace: bool) -> RunResult:
    """Figures made up, but consistent: 1000 cycles, samples 100 cycles apart with latencies 40, 41, ..."""
    start = np.arange(samples) * 100
    counters = np.zeros((program.chip.tiles, COUNTERS), np.int64)
    counters[[core.tile for core in program.cores]] = np.arange(COUNTERS) + 100
    events = np.array([(3, IO_TILE, EventKind.SEND, Kind.END, 0, program.input_streams[0].tag, 0, 0)], dtype=EVENT_DTYPE)
    timed = backend != "golden"
    return RunResult(
        backend=backend,
        samples=samples,
        predictions=np.zeros(samples, np.int64),
        cycles=1000 if timed else None,
        config_cycles=77 if timed else None,
        sample_cycles=np.stack([start, start + 40 + np.arange(samples)], axis=1) if timed else None,
        counters=counters if timed else None,
        events=events if trace else None,
    )


class FakeBackend:
    """An execution that computes nothing."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.abilities = Ability.TRACE if name == "golden" else Ability.TRACE | Ability.CYCLES

    def prepare(self, chip: ChipConfig) -> None:
        pass

    def run(self, plans: Sequence[RunPlan], *, trace: bool = False, progress: object = None) -> tuple[RunResult, ...]:
        return tuple(fake_result(plan.program, plan.samples, self.name, trace) for plan in plans)


@pytest.fixture
def fake_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Executions that compute nothing."""

    for module in (runs, speed):
        monkeypatch.setattr(module, "find_backend", lambda name, **settings: FakeBackend(name))


@pytest.fixture
def fake_verify(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``fake_verify(comparison)``: what the next verification finds."""

    def install(comparison: Comparison) -> None:
        def found(schedule: Schedule, inputs: np.ndarray, *, fault: Fault | None = None, **options: object) -> Verification:
            ran = fake_result(schedule.rounds[0].program, len(inputs), "sim", trace=False)
            return Verification(Run(schedule, (ran,)), (comparison,), None if fault is None else fault.text)

        monkeypatch.setattr(verify, "verify", found)

    return install
