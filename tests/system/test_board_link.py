"""The host driver, the real firmware and the SoC's RTL, from one end of a serial line to the other: a pseudo-terminal, and a bad cable."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from shiftfire.cli import main as cli
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import Program
from shiftfire.compiler.schedule import compile_schedule
from shiftfire.host.execute import check_board, run_board
from shiftfire.host.image import program_image
from shiftfire.host.link import Link
from shiftfire.host.report import read_report
from shiftfire.host.serial_port import open_serial_port
from shiftfire.host.upload import load_image, run_loaded_image
from shiftfire.network.bundled import find_model
from shiftfire.network.container import Samples, load_network, load_test_split, save_network
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire.system.plan import RunError, plan_rounds
from shiftfire.system.result import RunResult
from shiftfire.system.simulate import simulate_rounds
from shiftfire_hw.testing.soc_harness import MEMORY_WORDS, build_soc_harness, serve_soc
from shiftfire_spec.chip import load_chip
from shiftfire_spec.events import IO_TILE, EventKind
from shiftfire_spec.fingerprint import contract_fingerprint
from shiftfire_spec.packet import Kind
from shiftfire_spec.soc import REGION, register_address
from shiftfire_spec.weights import WeightFormat
from support.cable import Cable
from support.firmware_build import build_firmware
from support.link_board import Noise
from support.one_round import plan_run, run_sim

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in ("pythondata_cpu_vexriscv", "ziglang", "serial")),
        reason="the extras `soc` and `board` are not installed",
    ),
]
CHIP = load_chip("ulx3s")
SAMPLES = 10
ONE_IN = 1 / 6000  # bytes that something happens to, of every kind, in each direction


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A board without an image, which serves the link from its start on; one for all tests, as a board is."""
    firmware = build_firmware(tmp_path_factory.mktemp("firmware"), "zig")
    with serve_soc(build_soc_harness(CHIP), CHIP, boot=firmware, memory=np.zeros(1, np.uint32)) as board:
        yield board.port


@pytest.fixture
def link(port: str) -> Iterator[Link]:
    """Over a good cable, and with the patience that a simulated board on a busy machine needs: what is sent again was lost."""
    with open_serial_port(port) as opened:
        yield Link(opened, answer_seconds=60)


@dataclass(frozen=True)
class Digits:
    """digits-mlp and what the simulator makes of ten samples."""

    program: Program
    inputs: np.ndarray
    simulated: RunResult


@pytest.fixture(scope="module")
def digits() -> Digits:
    folder = Path(find_model("digits-mlp"))
    program, inputs = compile_network(load_network(folder), CHIP), load_test_split(folder).inputs[:SAMPLES]
    return Digits(program, inputs, run_sim(program, inputs, trace=True))


def assert_same(result: RunResult, simulated: RunResult) -> None:
    """Every figure that a board can give."""
    figures = ("samples", "cycles", "config_cycles", "loading_cycles")
    assert [getattr(result, name) for name in figures] == [getattr(simulated, name) for name in figures]
    np.testing.assert_array_equal(result.counters, simulated.counters)
    if simulated.predictions is None:
        assert result.predictions is None
    else:
        np.testing.assert_array_equal(result.predictions, simulated.predictions)


def test_digits_mlp_is_run_as_in_the_simulator(link: Link, digits: Digits) -> None:
    """Predictions, cycles of run and configuration, and every counter of every tile: no difference. Events: the packets that were collected, as the simulator has them."""
    progress: list[tuple[int, int]] = []
    result = run_board(
        [plan_run(digits.program, digits.inputs)], link, trace=True, progress=lambda done, total: progress.append((done, total))
    )[0]
    assert_same(result, digits.simulated)
    assert (result.backend, result.sample_cycles, link.retries) == ("board", None, 0)
    assert progress[-1][0] == progress[-1][1] > 6000
    events = digits.simulated.events
    assert events is not None and result.events is not None
    collected = events[(events["tile"] == IO_TILE) & (events["event"] == EventKind.COLLECT) & (events["kind"] != Kind.CREDIT)]
    np.testing.assert_array_equal(result.events, collected)


def test_a_bad_cable_changes_nothing(port: str, digits: Digits) -> None:
    """Bytes lost, flipped and doubled in both directions: noticed, sent again, and every figure is the simulator's."""
    noise = [Noise(seed, lost=ONE_IN, flipped=ONE_IN, doubled=ONE_IN) for seed in (1, 2)]
    with Cable(port, *noise) as cable, open_serial_port(cable.port) as opened:
        link = Link(opened)
        result = run_board([plan_run(digits.program, digits.inputs)], link)[0]
    assert_same(result, digits.simulated)
    assert link.retries > 3


def test_a_cut_cable_is_an_error(port: str) -> None:
    with Cable(port, Noise(1), Noise(2)) as cable, open_serial_port(cable.port) as opened:
        link = Link(opened, attempts=3)
        check_board(link, CHIP)
        cable.cut()
        with pytest.raises(RunError, match=f"port {cable.port}: no answer to a read .* after 3 attempts: check cable"):
            link.read(REGION["MEMORY"].base, 1)
        assert link.retries == 2


def small_network() -> Network:
    """3 inputs -> 4 LIF neurons, T = 2 -> argmax of 2."""
    weights = np.arange(12).reshape(4, 3) - 5
    hidden = Layer(
        "hidden",
        Shape(4),
        (Synapses("in", SynapseOp.DENSE, weights, WeightFormat.INT4),),
        Lif(np.full(4, 3), np.zeros(4, np.int64)),
        timesteps=2,
    )
    pairs = np.array([[1, -1, 1, 1], [-1, 1, -1, 1]])
    out = Layer("out", Shape(2), (Synapses("hidden", SynapseOp.DENSE, pairs, WeightFormat.PM1),), Argmax(np.zeros(2, np.int64)))
    return Network("small", Input("in", Shape(3), timesteps=2), (hidden, out), "out", Readout.EVENT, {})


INPUTS = np.repeat((np.arange(18).reshape(6, 1, 3, 1, 1) % 2).astype(np.int64), 2, axis=1)  # the same vector in both timesteps


def test_rounds(link: Link) -> None:
    """What a round stores the next one plays, and the next one's weights are loaded beside the run: all as in the simulator."""
    plans = plan_rounds(compile_schedule(small_network(), CHIP, most_layers=1), INPUTS)
    assert len(plans) == 2 and plans[0].loading.beside and plans[0].region_memory
    results = run_board(plans, link)
    for result, simulated in zip(results, simulate_rounds(plans), strict=True):
        assert_same(result, simulated)
    assert results[0].loading_cycles > 0


def test_spikformer_in_rounds(link: Link) -> None:
    """Attention, in four rounds that store and play."""
    folder = Path(find_model("spikformer-tiny"))
    plans = plan_rounds(compile_schedule(load_network(folder), CHIP), load_test_split(folder).inputs[:1])
    assert len(plans) == 4
    for result, simulated in zip(run_board(plans, link), simulate_rounds(plans), strict=True):
        assert_same(result, simulated)


def test_an_image_is_run_by_the_firmware(link: Link) -> None:
    """Loaded and run over the link: the report is that of a board with the image in its memory; asked for again, it runs again."""
    program = compile_network(small_network(), CHIP)
    simulated = run_sim(program, INPUTS)
    load_image(link, program_image([plan_run(program, INPUTS)], limit_cycles=5000))
    for _ in range(2):
        lines: list[str] = []
        assert run_loaded_image(link, lines.append, silent_seconds=30) == 0
        report = read_report("\n".join(lines))
        assert (report.fingerprint, report.status, report.errors) == (contract_fingerprint(), 0, ())
        assert (report.config_cycles, report.runs[0].cycles) == (simulated.config_cycles, simulated.cycles)
        np.testing.assert_array_equal(report.runs[0].counters, simulated.counters)


def test_addresses_that_do_not_exist(link: Link) -> None:
    """An error of that request alone: the board serves on, and no fault is left behind."""
    check_board(link, CHIP)
    for address in (0, 0x3000_0000, REGION["UART"].base, REGION["MEMORY"].base + 4 * MEMORY_WORDS):
        with pytest.raises(RunError, match="does not have all of a read"):
            link.read(address, 1)
    assert link.read(register_address("SYSTEM", "FAULT"), 1)[0] == 0


def test_another_chip_is_refused(link: Link) -> None:
    with pytest.raises(RunError, match="the board's chip is another one than edge: give `--chip`"):
        check_board(link, load_chip("edge"))
    many = plan_run(compile_network(small_network(), CHIP), np.repeat(INPUTS, 2000, axis=0))
    with pytest.raises(RunError, match=rf"takes \d+ words of memory, the board has {MEMORY_WORDS}: use fewer"):
        run_board([many], link)


def test_a_phase_that_does_not_end_is_given_up(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """One END more is waited for than ever comes. The board is reset, and does the next run as if nothing had been."""
    program = compile_network(small_network(), CHIP)
    plan = plan_run(program, INPUTS)
    with monkeypatch.context() as patch:
        patch.setattr(type(plan), "collect_ends", property(lambda own: own.samples + 1))
        with pytest.raises(RunError, match=r"the run failed: not over after 5 s; `--timeout` gives it more"):
            run_board([plan], link, phase_seconds=5)
    assert_same(run_board([plan], link)[0], run_sim(program, INPUTS))


def test_the_virtual_board_of_the_command(tmp_path: Path) -> None:
    """It names its port first, serves it, and ends when it is told to."""
    build_firmware(tmp_path, "zig")
    arguments = ["soc", "--firmware", str(tmp_path / "firmware.elf"), "--chip", "ulx3s", "--pty"]
    command = [sys.executable, "-c", "from shiftfire.cli.main import main; main()", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        name = process.stdout.readline().strip()
        with open_serial_port(name) as opened:
            check_board(Link(opened, answer_seconds=60), CHIP)
        process.terminate()
        assert (process.wait(60), process.stderr.read()) == (0, "")
    assert not Path(name).exists()


def test_the_command(port: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Its document is that of the simulator, but for the backend's name and the latencies."""
    save_network(small_network(), tmp_path / "small", Samples(INPUTS, np.zeros(len(INPUTS), np.int64)))
    arguments = ["run", str(tmp_path / "small"), "--chip", "ulx3s", "--json", "-"]
    documents = []
    for backend in (["board", "--port", port], ["sim"]):
        monkeypatch.setattr(sys, "argv", ["shiftfire", *arguments, "--backend", *backend])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == 0
        documents.append(json.loads(capsys.readouterr().out))
    board, simulator = documents
    different = {key for key in simulator if board[key] != simulator[key]}
    assert different == {"backend", "latency_cycles", "latency_us", "sample_cycles"}
