"""The firmware's check of an image, on the host under the address sanitiser: no input makes it read outside, and none of these corruptions passes."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.host.image import crc, program_image
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network, load_test_split
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.requant import Requant
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire.system.plan import RunPlan
from shiftfire_spec import image
from shiftfire_spec.chip import load_chip
from shiftfire_spec.fingerprint import contract_fingerprint
from shiftfire_spec.inject import COLLECT_STAMP, INJECT_EVENT, InjectOp
from shiftfire_spec.weights import WeightFormat
from support.firmware_build import FIRMWARE, build_for_host
from support.one_round import plan_run

CHIP = load_chip("edge")
GOOD = (contract_fingerprint(), image.chip_digest(CHIP))
MAGIC, VERSION, SIZE, CRC, FINGERPRINT, DIGEST, SECTION = range(3, 10)  # of enum sf_status
Case = tuple[np.ndarray, int]  # memory, and how many words of it there are
Runner = Callable[[Sequence[Case]], list[list[str]]]


@pytest.fixture(scope="session")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """Opens images; one list of words per case: status, and of a good image name and predictions."""
    if shutil.which("gcc") is None:
        pytest.skip("no gcc")
    sources = [FIRMWARE / "src" / f"{name}.c" for name in ("image", "crc32", "readout")]
    flags = ("-fsanitize=address,undefined", "-fno-sanitize-recover")
    program = build_for_host(
        tmp_path_factory.mktemp("image"), "runner", [*sources, Path(__file__).parent / "image_runner.c"], *flags
    )

    def run(cases: Sequence[Case]) -> list[list[str]]:
        given = b"".join(np.array([size, *GOOD, *words[:size]], "<u4").tobytes() for words, size in cases)
        done = subprocess.run([program], input=given, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return [line.split() for line in done.stdout.decode().splitlines()]

    return run


def summed() -> RunPlan:
    """A network whose predictions are sums of signed values over two vectors, from several cores."""
    rng = np.random.default_rng(4)
    synapses = Synapses("in", SynapseOp.DENSE, rng.integers(-8, 8, (300, 4)), WeightFormat.INT4)
    out = Layer("out", Shape(300), (synapses,), Requant(np.zeros(300, np.int64), 0, -60, 60), timesteps=2)
    network = Network("summed", Input("in", Shape(4), timesteps=2), (out,), "out", Readout.SUM, {})
    program = compile_network(network, CHIP)
    assert len(program.output_cores()) > 1
    return plan_run(program, rng.integers(0, 2, (5, 2, 4, 1, 1)))


@pytest.fixture(scope="session", params=["digits-mlp", "summed"])
def plan(request: pytest.FixtureRequest) -> RunPlan:
    if request.param == "summed":
        return summed()
    folder = Path(find_model(request.param))
    return plan_run(compile_network(load_network(folder), CHIP), load_test_split(folder).inputs[:3])


@pytest.fixture(scope="session")
def good(plan: RunPlan) -> np.ndarray:
    return program_image([plan])


def sealed(words: np.ndarray) -> np.ndarray:
    return np.append(words[:-1], np.uint32(crc(words[:-1])))


def packets(plan: RunPlan) -> np.ndarray:
    """What the I/O tile collects, the cores' packets one after the other, among packets of a stream that is no output."""
    rows: list[int] = []
    for events in plan.events:
        core, program = events.core, plan.program
        if core not in program.output_cores():
            continue
        tag = program.stream_of(core.tile).tag
        bounds = events.event_start[:: events.steps]
        for first, last in pairwise(bounds):
            for axon, payload in zip(events.axon[first:last], events.payload[first:last], strict=True):
                rows += [INJECT_EVENT.pack(op=InjectOp.EVENT, axon=int(axon), payload=int(payload)), COLLECT_STAMP.pack(tag=tag)]
                rows += [INJECT_EVENT.pack(op=InjectOp.EVENT, axon=0, payload=1), COLLECT_STAMP.pack(tag=tag ^ 1)]
            rows += [INJECT_EVENT.pack(op=InjectOp.END), COLLECT_STAMP.pack(tag=tag)]
    return np.array(rows, np.uint32)


def test_predictions_are_golden_s(runner: Runner, plan: RunPlan, good: np.ndarray) -> None:
    assert plan.predictions is not None
    memory = np.concatenate([good, packets(plan)])
    [line] = runner([(memory, len(memory))])
    assert line == ["0", plan.program.network.name, *map(str, plan.predictions)]


def test_the_writer_and_the_reader_agree_on_the_crc(runner: Runner) -> None:
    """Images of the header's length and few more, whatever they hold, get past the CRC."""
    rng = random.Random(1)
    cases = []
    for extra in range(5):
        size = image.HEADER_WORDS + 1 + extra
        words = np.array([rng.getrandbits(32) for _ in range(size)], np.uint32)
        words[:5] = [image.IMAGE_MAGIC, image.IMAGE_VERSION, size, *GOOD]
        cases.append((sealed(words), size))
    assert {line[0] for line in runner(cases)} == {str(SECTION)}


def test_damage_of_every_word_is_found(runner: Runner, good: np.ndarray) -> None:
    """One bit of one word flipped: of the first three words the field itself is refused, of all others the CRC."""
    rng = random.Random(2)
    places = [*range(image.HEADER_WORDS), *rng.sample(range(image.HEADER_WORDS, len(good)), 200), len(good) - 1]
    cases = []
    for place in places:
        words = good.copy()
        words[place] ^= np.uint32(1 << rng.randrange(32))
        cases.append((words, len(words)))
    found = [int(line[0]) for line in runner(cases)]
    assert found[:2] == [MAGIC, VERSION] and found[2] in (SIZE, CRC)
    assert set(found[3:]) == {CRC}


def test_images_cut_off(runner: Runner, good: np.ndarray) -> None:
    sizes = [0, 1, image.HEADER_WORDS, image.HEADER_WORDS + 1, len(good) // 2, len(good) - 1]
    found = [int(line[0]) for line in runner([(good, size) for size in sizes])]
    assert found == [MAGIC, MAGIC, MAGIC, SIZE, SIZE, SIZE]


def test_nothing_in_the_header_or_a_record_leads_outside(runner: Runner, good: np.ndarray) -> None:
    """Every word of header and records set to every value that could lead somewhere, CRC made right: refused, or read without leaving the image."""
    index = image.HEADER_INDEX
    runs, outputs = int(good[index["RUNS"]]), int(good[index["OUTPUTS"]])
    places = [*range(len(image.HEADER)), *range(runs, runs + len(image.RUN))]
    places += range(outputs, outputs + len(image.OUTPUT) * int(good[index["OUTPUT_COUNT"]]))
    values = (
        0,
        1,
        image.HEADER_WORDS - 1,
        image.HEADER_WORDS,
        len(good) - 2,
        len(good) - 1,
        len(good),
        1 << 16,
        (1 << 31) - 1,
        1 << 31,
        (1 << 32) - 1,
    )
    cases, changed = [], []
    for place in places:
        for value in values:
            words = good.copy()
            words[place] = value
            cases.append((sealed(words), len(words)))
            changed.append((place, value))
    found = dict(zip(changed, (int(line[0]) for line in runner(cases)), strict=True))
    wrong = {"MAGIC": MAGIC, "VERSION": VERSION, "FINGERPRINT": FINGERPRINT, "CHIP_DIGEST": DIGEST}
    for name, status in wrong.items():
        kept = int(good[index[name]])
        assert {found[index[name], value] for value in values if value != kept} == {status}
    for name in ("CONFIG", "CONFIG_ENTRIES", "RUNS", "RUN_COUNT", "OUTPUTS", "OUTPUT_COUNT", "VALUES", "CLASSES"):
        assert {found[index[name], value] for value in (1 << 31, (1 << 32) - 1)} == {SECTION}, name
    for name in ("CONFIG", "RUNS", "OUTPUTS", "VALUES"):
        assert found[index[name], image.HEADER_WORDS - 1] == found[index[name], 0] == SECTION, name
    for number, word in enumerate(image.RUN):
        if word.name not in ("ENDS", "LIMIT_CYCLES"):
            assert found[runs + number, (1 << 32) - 1] == SECTION, word.name
    for number, word in enumerate(image.OUTPUT):
        if word.name != "VECTORS":
            assert found[outputs + number, (1 << 32) - 1] == SECTION, word.name


def test_any_words_with_a_right_crc(runner: Runner, good: np.ndarray) -> None:
    """Random words in random places, CRC made right: the sanitiser is what judges."""
    rng = random.Random(3)
    interesting = [0, 1, 2, len(good), len(good) - 1, image.HEADER_WORDS, (1 << 32) - 1]
    cases = []
    for _ in range(400):
        words = good.copy()
        for _ in range(rng.randrange(1, 4)):
            words[rng.choice([rng.randrange(5, image.HEADER_WORDS), rng.randrange(len(good))])] = rng.choice(interesting)
        words[:5] = good[:5]
        cases.append((sealed(words), len(words)))
    assert {int(line[0]) for line in runner(cases)} <= {0, SECTION}
