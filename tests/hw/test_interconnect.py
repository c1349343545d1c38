"""The SoC's interconnect in cocotb, with an I/O tile for a chip; its parameters; its arbiter."""

import json

import pytest
from shiftfire_hw.soc.boot_ram import BOOT_WORDS, BootRam
from shiftfire_hw.soc.interconnect import Interconnect
from shiftfire_hw.soc.memory_arbiter import MemoryArbiter
from shiftfire_hw.soc.wishbone_decoder import WishboneDecoder
from shiftfire_spec.chip import load_chip
from shiftfire_spec.errors import ContractError
from shiftfire_spec.soc import Region
from soc_designs import DIVISOR, MEMORY_WORDS, boot_rams, interconnect_verilog

CHIP = load_chip("ulx3s")


@pytest.mark.parametrize("boot_ram", ["rtl", pytest.param("model", marks=pytest.mark.slow)])
def test_against_the_contract(cocotb_bench, boot_ram):
    cocotb_bench(
        interconnect_verilog(CHIP, boot_rams()[boot_ram]),
        bench="bench_interconnect",
        name="interconnect",
        BENCH_CHIP=json.dumps(CHIP.as_dict()),
        BENCH_MEMORY_WORDS=MEMORY_WORDS,
        BENCH_DIVISOR=DIVISOR,
    )


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"memory_words": 1000}, "main memory of 1000 words: give a power of two"),
        ({"memory_words": 1 << 30}, "main memory of 1073741824 words"),
        ({"uart_divisor": 3}, "UART divisor 3 is out of range: 4..65535"),
        ({"uart_divisor": 1 << 16}, "UART divisor 65536 is out of range"),
    ],
)
def test_parameters_are_checked(changed, message):
    with pytest.raises(ContractError, match=message):
        Interconnect(chip=CHIP, **{"memory_words": 1024, "uart_divisor": 4, **changed})


def test_too_much_firmware():
    with pytest.raises(ContractError, match="does not fit the boot RAM"):
        BootRam(words=[0] * (BOOT_WORDS + 1))


def test_a_memory_of_any_size():
    with pytest.raises(ValueError, match="power of two"):
        MemoryArbiter(words=12, depth=1)


@pytest.mark.parametrize(
    ("regions", "message"),
    [
        ([Region("A", 0, 100, "")], "not aligned"),
        ([Region("A", 64, 128, "")], "not aligned"),
        ([Region("A", 0, 256, ""), Region("B", 128, 128, "")], "A and B overlap"),
    ],
)
def test_regions_are_checked(regions, message):
    with pytest.raises(ValueError, match=message):
        WishboneDecoder(regions=regions)
