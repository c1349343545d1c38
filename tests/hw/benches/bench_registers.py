"""Core registers against a dictionary of offsets."""

import cocotb
from shiftfire_hw.testing.streams import Bench
from shiftfire_spec.address import (
    CORE_REGISTERS,
    GROUP_REGISTER_BASE,
    GROUP_REGISTER_STRIDE,
    Space,
    core_register_offset,
    group_register_offset,
)
from shiftfire_spec.stream import GROUP_REGISTERS, RING
from unit_chips import CHIPS
from units import Unit, registers_word, settle

WRITES = 250


def group_word(written, group):
    return registers_word(GROUP_REGISTERS, [written.get(group_register_offset(group, layout), 0) for layout in GROUP_REGISTERS])


@cocotb.test()
async def random_writes(dut):
    bench = Bench(dut)
    await bench.start()
    for name, chip in CHIPS.items():
        unit, written = Unit(dut, f"registers_{name}"), {}
        end = GROUP_REGISTER_BASE + (chip.stream_groups + 2) * GROUP_REGISTER_STRIDE
        for _ in range(WRITES):
            offset, word = bench.random.randrange(end), bench.random.getrandbits(32)  # unused offsets included
            strobe = bench.random.random() < 0.8
            unit.set(config__write=strobe, config__space=Space.REGISTER, config__offset=offset, config__word=word)
            await bench.cycle()
            if strobe:
                written[offset] = word
            group = bench.random.randrange(chip.stream_groups)
            elsewhere = bench.random.choice([space for space in Space if space is not Space.REGISTER])
            unit.set(config__write=1, config__space=elsewhere, group__next=group)
            await bench.cycle()
            await settle()
            for port, layouts in (("core", [layout for layout in CORE_REGISTERS if layout is not RING]), ("ring", [RING])):
                word = registers_word(layouts, [written.get(core_register_offset(layout), 0) for layout in layouts])
                assert unit.get(port) == word, f"{name}: {port} after a write of {offset}"
            assert unit.get("group__registers") == group_word(written, group), f"{name}: group {group} after a write of {offset}"
        for group in range(chip.stream_groups):
            unit.set(config__write=0, group__next=group)
            await bench.cycle()
            await settle()
            assert unit.get("group__registers") == group_word(written, group), f"{name}: group {group}"


@cocotb.test()
async def reset_values(dut):
    bench = Bench(dut)
    for name in CHIPS:
        Unit(dut, f"registers_{name}").set(config__write=0)
    await bench.start()
    await settle()
    assert all(Unit(dut, f"registers_{name}").get("core") == 0 for name in CHIPS)
