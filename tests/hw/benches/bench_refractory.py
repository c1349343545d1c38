"""The refractory unit, every input there is, against when a neuron last fired."""

import cocotb
from shiftfire_spec.fire import REFRACTORY_BITS
from units import Unit, settle


@cocotb.test()
async def every_input(dut):
    unit, most = Unit(dut, "refractory"), (1 << REFRACTORY_BITS) - 1
    for left in range(most + 1):
        for steps in range(most + 1):
            for passes in (0, 1):
                unit.set(left=left, steps=steps, passes=passes)
                await settle()
                fires = passes and left == 0
                expected = (left > 0, fires, steps if fires else max(left - 1, 0))
                assert (unit.get("silent"), unit.get("fires"), unit.get("following")) == expected, (left, steps, passes)


@cocotb.test()
async def periods(dut):
    """A neuron that always passes its threshold fires every ``steps + 1`` steps."""
    unit = Unit(dut, "refractory")
    for steps in range(1 << REFRACTORY_BITS):
        left = 0
        for step in range(40):
            unit.set(left=left, steps=steps, passes=1)
            await settle()
            assert unit.get("fires") == (step % (steps + 1) == 0), (steps, step)
            left = unit.get("following")
