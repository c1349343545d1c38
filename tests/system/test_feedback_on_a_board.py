"""A network with feedback on the SoC's RTL, driven word by word over the link and run by the firmware from an image: both start its runs with the drain bit."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.host.execute import run_board
from shiftfire.host.image import program_image
from shiftfire.host.link import Link
from shiftfire.host.report import read_report
from shiftfire.host.serial_port import open_serial_port
from shiftfire.host.upload import load_image, run_loaded_image
from shiftfire.network.graph import Readout
from shiftfire_hw.testing.soc_harness import build_soc_harness, serve_soc
from shiftfire_spec.chip import load_chip
from support.firmware_build import build_firmware
from support.one_round import plan_run, run_sim
from support.random_recurrence import FEEDBACK_LIMITS, random_recurrent_network

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        any(importlib.util.find_spec(name) is None for name in ("pythondata_cpu_vexriscv", "ziglang", "serial")),
        reason="the extras `soc` and `board` are not installed",
    ),
]
CHIP = replace(load_chip("ulx3s"), name="ulx3s-feedback", feedback=True)


@pytest.fixture(scope="module")
def link(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Link]:
    firmware = build_firmware(tmp_path_factory.mktemp("firmware"), "zig")
    with (
        serve_soc(build_soc_harness(CHIP), CHIP, boot=firmware, memory=np.zeros(1, np.uint32)) as board,
        open_serial_port(board.port) as opened,
    ):
        yield Link(opened, answer_seconds=60)


@pytest.mark.parametrize("seed", [0, 3])
def test_as_in_the_simulator(link: Link, seed: int) -> None:
    rng = np.random.default_rng(seed)
    while True:
        network, inputs = random_recurrent_network(rng, CHIP, replace(FEEDBACK_LIMITS, channels=6, extent=3))
        if network.readout is Readout.SUM:
            break
    program = compile_network(network, CHIP)
    plan, simulated = plan_run(program, inputs), run_sim(program, inputs)
    result = run_board([plan], link)[0]
    assert plan.drains and (result.cycles, result.config_cycles) == (simulated.cycles, simulated.config_cycles)
    np.testing.assert_array_equal(result.counters, simulated.counters)
    np.testing.assert_array_equal(result.predictions, simulated.predictions)
    load_image(link, program_image([plan], limit_cycles=1_000_000))
    lines: list[str] = []
    assert run_loaded_image(link, lines.append, silent_seconds=60) == 0
    report = read_report("\n".join(lines))
    assert (report.status, report.runs[0].cycles) == (0, simulated.cycles)
    np.testing.assert_array_equal(report.runs[0].counters, simulated.counters)
    np.testing.assert_array_equal(report.runs[0].predictions, simulated.predictions)
