"""Bus adapters in cocotb."""

from bus_designs import BusBank
from shiftfire_hw.soc.memory_master import requests_in_flight
from shiftfire_spec.chip import load_chip


def test_against_models(cocotb_bench):
    design = BusBank(depth=requests_in_flight(load_chip("nano")))
    cocotb_bench(design, bench="bench_bus", name="bus")
