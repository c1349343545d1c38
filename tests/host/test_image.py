"""The program image, as the contract describes it."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.program import Program
from shiftfire.host.image import SPARE_PACKETS, ImageError, check_program, program_image
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network, load_test_split
from shiftfire.network.graph import Readout
from shiftfire.system.plan import RunPlan
from shiftfire_spec import image
from shiftfire_spec.chip import load_chip
from shiftfire_spec.fingerprint import contract_fingerprint
from support.one_round import plan_run

CHIP = load_chip("ulx3s")


@pytest.fixture(scope="module")
def program() -> Program:
    return compile_network(load_network(find_model("digits-mlp")), CHIP)


@pytest.fixture(scope="module")
def plans(program: Program) -> list[RunPlan]:
    inputs = load_test_split(find_model("digits-mlp")).inputs
    return [plan_run(program, inputs[:2]), plan_run(program, inputs[2:5])]


def records(words: np.ndarray, layout: tuple[image.Word, ...], start: int, count: int) -> list[dict[str, int]]:
    rows = words[start : start + len(layout) * count].reshape(count, len(layout))
    return [{word.name: int(value) for word, value in zip(layout, row, strict=True)} for row in rows]


def test_everything_is_where_the_header_says(program: Program, plans: list[RunPlan]) -> None:
    words = program_image(plans, limit_cycles=77)
    [header] = records(words, image.HEADER, 0, 1)
    assert words.dtype == np.uint32 and header["WORDS"] == len(words)
    assert words[0] == int.from_bytes(b"SFIM", "little")
    assert header["FINGERPRINT"] == contract_fingerprint()
    assert header["CHIP_DIGEST"] == image.chip_digest(CHIP)
    assert words[image.NAME_INDEX : image.HEADER_WORDS].tobytes().rstrip(b"\0") == b"digits-mlp"
    assert words[-1] == zlib.crc32(words[:-1].astype("<u4").tobytes())
    config = words[header["CONFIG"] :][: 2 * header["CONFIG_ENTRIES"]].reshape(-1, 2)
    np.testing.assert_array_equal(config, plans[0].configuration(program.image))
    assert header["RUN_COUNT"] == 2
    for plan, run in zip(plans, records(words, image.RUN, header["RUNS"], 2), strict=True):
        np.testing.assert_array_equal(words[run["INJECT"] :][: run["INJECT_WORDS"]], plan.injection.words)
        np.testing.assert_array_equal(words[run["EXPECTED"] :][: run["SAMPLES"]], plan.predictions)
        assert (run["SAMPLES"], run["ENDS"], run["LIMIT_CYCLES"]) == (plan.samples, plan.collect_ends, 77)
        assert run["DRAIN"] == 0  # no feedback
        assert run["PACKETS"] == plan.collect_packets + SPARE_PACKETS
    [output] = records(words, image.OUTPUT, header["OUTPUTS"], header["OUTPUT_COUNT"])
    axons = words[output["AXONS"] :][: output["AXON_COUNT"]]
    assert sorted(axons[axons != image.IMAGE_NO_CLASS]) == list(range(header["CLASSES"])) == list(range(10))
    assert len(words[header["VALUES"] : -1]) >= image.IMAGE_VALUES


def test_the_same_plans_give_the_same_words(plans: list[RunPlan]) -> None:
    np.testing.assert_array_equal(program_image(plans), program_image(plans))


def test_the_digest_is_of_what_the_rtl_is_made_from() -> None:
    digest = image.chip_digest(CHIP)
    assert image.chip_digest(replace(CHIP, name="other", clock_mhz=1.0)) == digest
    assert image.chip_digest(replace(CHIP, inject_queue_depth=9)) != digest


@pytest.mark.parametrize(
    ("samples", "per_run", "message"),
    [
        (5, 0, "0 samples per run are out of range: 1..4096"),
        (5, 5000, "5000 samples per run are out of range"),
        (2000, 1, "2000 samples, 1 per run, make 2000 runs: an image has 1024 at most"),
    ],
)
def test_sizes(program: Program, samples: int, per_run: int, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        check_program(program, samples, per_run)


def test_a_network_without_read_out(program: Program) -> None:
    silent = replace(program, network=replace(program.network, readout=Readout.NONE))
    with pytest.raises(ImageError, match="digits-mlp has no read-out"):
        check_program(silent, 1, 1)


@pytest.mark.parametrize("limit", [0, 1 << 32])
def test_limits(plans: list[RunPlan], limit: int) -> None:
    with pytest.raises(ImageError, match="cycles is out of range"):
        program_image(plans, limit_cycles=limit)
