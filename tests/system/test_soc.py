"""The real firmware on the SoC in Verilator: a classification equal to the simulator's, and what it says of bad images."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import Program
from shiftfire.host.image import SPARE_PACKETS, crc, program_image
from shiftfire.host.report import FirmwareReport
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network, load_test_split
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire.verification.soc_run import run_image
from shiftfire_hw.testing.soc_harness import MEMORY_WORDS, build_soc_harness, run_soc
from shiftfire_spec.address import CONFIG_ADDRESS, IO_CONFIG_TILE, Space
from shiftfire_spec.chip import load_chip
from shiftfire_spec.fingerprint import contract_fingerprint
from shiftfire_spec.image import HEADER_INDEX, RUN
from shiftfire_spec.inject import STORE
from shiftfire_spec.weights import WeightFormat
from support.firmware_build import build_firmware
from support.one_round import plan_run, run_sim

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in ("pythondata_cpu_vexriscv", "ziglang")),
        reason="the extra `soc` is not installed",
    ),
]
CHIP = load_chip("ulx3s")
SELFTEST = Path(__file__).parents[1] / "firmware" / "selftest"
SAMPLES = 10
LIMIT_CYCLES = 20_000_000
RUN_INDEX = {word.name: index for index, word in enumerate(RUN)}


@dataclass(frozen=True)
class Board:
    """A SoC with its firmware."""

    harness: Path
    firmware: tuple[int, ...]

    def run(self, image: np.ndarray) -> FirmwareReport:
        return run_image(self.harness, CHIP, firmware=self.firmware, image=image, limit_cycles=LIMIT_CYCLES)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Board:
    return Board(build_soc_harness(CHIP), build_firmware(tmp_path_factory.mktemp("firmware"), "zig"))


@pytest.mark.parametrize("per_run", [SAMPLES, 4])
def test_digits_mlp_is_classified_as_in_the_simulator(board: Board, per_run: int) -> None:
    """Predictions, cycles of configuration and runs, and every counter of every tile: no difference."""
    folder = Path(find_model("digits-mlp"))
    program = compile_network(load_network(folder), CHIP)
    inputs = load_test_split(folder).inputs[:SAMPLES]
    batches = [inputs[start : start + per_run] for start in range(0, SAMPLES, per_run)]
    report = board.run(program_image([plan_run(program, batch) for batch in batches], limit_cycles=100_000))
    simulated = [run_sim(program, batch) for batch in batches]
    assert (report.fingerprint, report.status, report.errors) == (contract_fingerprint(), 0, ())
    assert report.config_cycles == simulated[0].config_cycles
    assert len(report.runs) == len(batches)
    for run, result in zip(report.runs, simulated, strict=True):
        assert run.cycles == result.cycles
        np.testing.assert_array_equal(run.predictions, result.predictions)
        np.testing.assert_array_equal(run.expected, result.predictions)
        np.testing.assert_array_equal(run.counters, result.counters)


def small_program() -> Program:
    """3 inputs -> 4 LIF neurons, T = 2 -> argmax of 2: an image of a few hundred words."""
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
    return compile_network(Network("small", Input("in", Shape(3), timesteps=2), (hidden, out), "out", Readout.EVENT, {}), CHIP)


INPUTS = np.repeat((np.arange(18).reshape(6, 1, 3, 1, 1) % 2).astype(np.int64), 2, axis=1)  # the same vector in both timesteps


def sealed(words: np.ndarray) -> np.ndarray:
    """With the right CRC."""
    return np.append(words[:-1], np.uint32(crc(words[:-1])))


def header(words: np.ndarray, name: str, value: int) -> np.ndarray:
    words[HEADER_INDEX[name]] = value
    return words


def run_field(words: np.ndarray, name: str, value: int) -> np.ndarray:
    words[words[HEADER_INDEX["RUNS"]] + RUN_INDEX[name]] = value
    return words


def other_expectation(words: np.ndarray) -> np.ndarray:
    """The other class of two is expected of the first sample."""
    words[words[words[HEADER_INDEX["RUNS"]] + RUN_INDEX["EXPECTED"]]] ^= 1
    return words


def far_store(words: np.ndarray) -> np.ndarray:
    """The first configuration entry of the store table: packets of tag 0 to 31 go past the end of memory."""
    config, entries = words[HEADER_INDEX["CONFIG"]], words[HEADER_INDEX["CONFIG_ENTRIES"]]
    table = words[config : config + 2 * entries].reshape(-1, 2)
    addresses = [CONFIG_ADDRESS.pack(tile=IO_CONFIG_TILE, space=Space.STORE, offset=tag) for tag in range(CHIP.regions)]
    table[np.isin(table[:, 0], addresses), 1] = STORE.pack(address=MEMORY_WORDS + 5, enable=1)
    return words


CORRUPTIONS = {
    "no image": (lambda w: np.ones(8, np.uint32), "no program image"),
    "another version": (lambda w: header(w, "VERSION", 9), "another format version"),
    "longer than memory": (lambda w: header(w, "WORDS", MEMORY_WORDS + 1), "length is impossible"),
    "empty": (lambda w: header(w, "WORDS", 0), "length is impossible"),
    "cut off": (lambda w: w[:-40], "damaged (CRC)"),
    "a flipped bit": (lambda w: w ^ np.where(np.arange(len(w)) == len(w) // 2, 64, 0).astype(np.uint32), "damaged (CRC)"),
    "another contract": (lambda w: sealed(header(w, "FINGERPRINT", 1)), "another contract fingerprint"),
    "another chip": (lambda w: sealed(header(w, "CHIP_DIGEST", 1)), "another chip"),
    "a part outside": (lambda w: sealed(header(w, "CONFIG", len(w))), "out of range"),
    "too many packets": (lambda w: sealed(run_field(w, "PACKETS", MEMORY_WORDS)), "memory is too small"),
    "a run without end": (lambda w: sealed(run_field(w, "ENDS", 1000)), "did not finish in time"),
    "no room for packets": (lambda w: sealed(run_field(w, "PACKETS", 1)), "more packets came"),
    "a store past memory": (lambda w: sealed(far_store(w)), "memory that does not exist"),
    "a wrong expectation": (lambda w: sealed(other_expectation(w)), "predictions differ"),
}


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_the_firmware_says_what_is_wrong_with_an_image(board: Board, name: str) -> None:
    corrupt, sentence = CORRUPTIONS[name]
    good = program_image([plan_run(small_program(), INPUTS)], limit_cycles=5000)
    report = board.run(corrupt(good.copy()))
    assert report.status and report.sentence is not None and sentence in report.sentence


def test_the_small_image_is_good(board: Board) -> None:
    """What the corruptions start from."""
    plan = plan_run(small_program(), INPUTS)
    report = board.run(program_image([plan], limit_cycles=5000))
    assert (report.status, report.runs[0].packets) == (0, plan.collect_packets)
    assert plan.collect_packets + SPARE_PACKETS < MEMORY_WORDS


def test_the_processor_s_view_of_the_soc(board: Board, tmp_path: Path) -> None:
    """Parts of words, multiplication, interrupts, accesses that nobody answers: tests/firmware/selftest."""
    firmware = build_firmware(tmp_path, "zig", SELFTEST)
    outcome = run_soc(board.harness, CHIP, boot=firmware, memory=np.zeros(1, np.uint32), limit_cycles=LIMIT_CYCLES)
    lines = outcome.serial.splitlines()
    assert len(lines) == 9 and all(line.startswith("ok ") for line in lines), outcome.serial
    assert outcome.exit_code == 0


def test_an_exception_is_reported(board: Board) -> None:
    """An illegal instruction in the place of the seventh, where the trap vector is set."""
    report = run_image(
        board.harness,
        CHIP,
        firmware=[*board.firmware[:6], 0, *board.firmware[7:]],
        image=np.zeros(1, np.uint32),
        limit_cycles=LIMIT_CYCLES,
    )
    assert "exception 2 (at 0x00000018)" in report.errors[0]
