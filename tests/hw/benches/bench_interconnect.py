"""The SoC's interconnect: the elaborated memory map against the contract's, and every peripheral."""

import json
import os

import cocotb
from main_memory import MainMemory
from shiftfire_hw.testing.streams import Bench, value
from shiftfire_spec import soc
from shiftfire_spec.address import CONTROL_CLEAR, CONTROL_CONFIGURE, IO_REGISTERS
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fingerprint import contract_fingerprint
from shiftfire_spec.image import chip_digest
from shiftfire_spec.soc import REGION, REGIONS, Interrupt, register_address

CHIP = ChipConfig(**json.loads(os.environ["BENCH_CHIP"]))
WORDS = int(os.environ["BENCH_MEMORY_WORDS"])
DIVISOR = int(os.environ["BENCH_DIVISOR"])
LATENCY = CHIP.memory_latency_cycles
ALL = 15
LIMIT = 2000
FRAME = 10 * DIVISOR


class Host:
    """The processor's place."""

    def __init__(self, bench):
        self.bench, self.dut = bench, bench.dut

    async def transfer(self, address, data=None, select=ALL):
        """(failed, data)."""
        dut, seen = self.dut, []
        dut.bus__cyc.value = dut.bus__stb.value = 1
        dut.bus__adr.value, dut.bus__sel.value = address // 4, select
        dut.bus__we.value, dut.bus__dat_w.value = int(data is not None), data or 0

        def look():
            if value(dut.bus__ack) or value(dut.bus__err):
                assert not (value(dut.bus__ack) and value(dut.bus__err))
                seen.append((value(dut.bus__err), value(dut.bus__dat_r)))

        for _ in range(LIMIT):
            await self.bench.cycle(check=look)
            if seen:
                break
        dut.bus__cyc.value = dut.bus__stb.value = 0
        return seen[0]

    async def read(self, address):
        failed, data = await self.transfer(address)
        assert not failed, f"read of {address:#x}"
        return data

    async def write(self, address, data, select=ALL):
        failed, _ = await self.transfer(address, data, select)
        assert not failed, f"write of {address:#x}"

    async def get(self, block, name):
        return await self.read(register_address(block, name))

    async def put(self, block, name, data):
        await self.write(register_address(block, name), data)

    async def fabric(self, name, data=None):
        address = REGION["FABRIC"].base + 4 * next(r.index for r in IO_REGISTERS if r.name == name)
        return await self.read(address) if data is None else await self.write(address, data)

    def pending(self, number):
        return value(self.dut.interrupts) >> number & 1


async def start(dut):
    bench = Bench(dut)
    dut.rx.value = 1
    for name in ("cyc", "stb", "we", "adr", "sel", "dat_w"):
        getattr(dut, f"bus__{name}").value = 0
    memory = bench.add(MainMemory(bench, size=WORDS, latency=LATENCY))
    await bench.start()
    return bench, Host(bench), memory


@cocotb.test()
async def every_register_is_where_the_contract_says(dut):
    bench, host, _ = await start(dut)
    known = {
        ("FABRIC", "FINGERPRINT"): contract_fingerprint(),
        ("FABRIC", "CHIP"): CHIP.width | CHIP.height << 8,
        ("SYSTEM", "CHIP_DIGEST"): chip_digest(CHIP),
        ("SYSTEM", "CLOCK_KHZ"): round(CHIP.clock_mhz * 1000),
        ("SYSTEM", "MEMORY_WORDS"): WORDS,
        ("UART", "STATUS"): 1 << soc.UART_STATUS_ROOM,
    }
    blocks = {**soc.BLOCKS, "FABRIC": IO_REGISTERS}
    written = {}
    for block, registers in blocks.items():
        for register in registers:
            address = REGION[block].base + 4 * register.index
            if register.access == "rw":
                written[address] = bench.random.randrange(4, 1 << 16)
                await host.write(address, written[address])
            elif register.access == "ro" and (block, register.name) != ("UART", "RECEIVE") and register.name != "CYCLES":
                before = await host.read(address)
                await host.write(address, ~before & 0xFFFFFFFF)
                assert await host.read(address) == before == known.pop((block, register.name), 0), register.name
            elif register.access == "wo":
                assert await host.read(address) == 0
        past = REGION[block].base + 4 * len(registers)
        await host.write(past, 0xFFFFFFFF)
        assert await host.read(past) == await host.read(REGION[block].base + REGION[block].size - 4) == 0
    assert not known
    for address, data in written.items():
        assert await host.read(address) == data
    assert {address for address in written if address >> 12 == REGION["UART"].base >> 12} == {register_address("UART", "DIVISOR")}


@cocotb.test()
async def holes_fail_and_are_recorded(dut):
    _, host, _ = await start(dut)
    edges = {r.base for r in REGIONS} | {r.base + r.size for r in REGIONS}
    inside = [r for r in REGIONS]
    for edge in sorted(edges | {0x2000_0000, 0x8000_0000, 0xFFFF_FFFC}):
        for address in (edge - 4, edge):
            if not 0 <= address < 1 << 32:
                continue
            region = next((r for r in inside if r.base <= address < r.base + r.size), None)
            exists = region is not None and (region.name != "MEMORY" or address < region.base + 4 * WORDS)
            failed, _ = await host.transfer(address)
            assert failed == (not exists), hex(address)
            assert await host.get("SYSTEM", "FAULT") == (0 if exists else 1 << soc.FAULT_BUS)
            assert host.pending(Interrupt.FAULT) == (not exists)
            if not exists:
                await host.transfer(0x3000_0000)  # the first one's address stays
                assert await host.get("SYSTEM", "BUS_ADDRESS") == address
                await host.put("SYSTEM", "CLEAR", 1)
    failed, _ = await host.transfer(register_address("UART", "DIVISOR"), 77, 1)
    assert failed and await host.get("UART", "DIVISOR") == DIVISOR


@cocotb.test()
async def memories_by_bytes(dut):
    """Boot RAM and main memory against a byte array, with a main memory that is busy now and then."""
    bench, host, memory = await start(dut)
    memory.stall = 0.3
    for base, words in ((REGION["BOOT"].base, REGION["BOOT"].size // 4), (REGION["MEMORY"].base, WORDS)):
        model = {}
        places = [0, words - 1, *(bench.random.randrange(words) for _ in range(6))]
        for place in places:
            model[place] = bench.random.getrandbits(32)
            await host.write(base + 4 * place, model[place])
        for _ in range(100):
            place, select, data = bench.random.choice(places), bench.random.randrange(16), bench.random.getrandbits(32)
            if bench.random.random() < 0.5:
                await host.write(base + 4 * place, data, select)
                mask = sum(0xFF << 8 * i for i in range(4) if select >> i & 1)
                model[place] = model[place] & ~mask | data & mask
            else:
                assert await host.read(base + 4 * place) == model[place]


@cocotb.test()
async def the_fabric_does_not_feel_the_processor(dut):
    """A configuration takes the cycles that it takes alone, whatever the processor does with memory; and neither's data is harmed."""
    bench, host, memory = await start(dut)
    entries = 100
    memory.words = {n: bench.random.getrandbits(31) & ~(1 << 31) for n in range(2 * entries)}  # no reads
    await host.fabric("CONFIG_COUNT", entries)
    for busy in (False, True):
        await host.fabric("CONTROL", 1 << CONTROL_CONFIGURE)
        accesses = 0
        while not host.pending(Interrupt.FABRIC):
            if busy:
                address = REGION["MEMORY"].base + 4 * bench.random.randrange(1000, 1010)
                data = bench.random.getrandbits(32)
                await host.write(address, data)
                await host.write(address, 0xAB, 1)
                assert await host.read(address) == data & ~0xFF | 0xAB
                accesses += 1
            else:
                await bench.cycle()
        assert await host.fabric("CONFIG_CYCLES") == 2 * entries + LATENCY + 1 + 2  # the looped chain is one tile long
        await host.fabric("CONTROL", 1 << CONTROL_CLEAR)
        assert not host.pending(Interrupt.FABRIC)
        assert bool(accesses) == busy  # few: the configuration wants the memory in nearly every cycle


@cocotb.test()
async def dma_faults_are_recorded_and_the_fabric_can_be_reset(dut):
    bench, host, memory = await start(dut)
    await host.fabric("CONFIG_BASE", WORDS - 3)
    await host.fabric("CONFIG_COUNT", 1 << 20)
    await host.fabric("CONTROL", 1 << CONTROL_CONFIGURE)
    await bench.until(lambda: host.pending(Interrupt.FAULT), limit=50, what="the fault")
    assert await host.get("SYSTEM", "FAULT") == 1 << soc.FAULT_DMA
    assert await host.get("SYSTEM", "DMA_ADDRESS") == WORDS
    assert await host.fabric("STATUS") & 1
    await host.put("SYSTEM", "FABRIC_RESET", 1)
    assert await host.get("SYSTEM", "RESETTING") == 1, "requests are in flight"
    while await host.get("SYSTEM", "RESETTING"):
        pass
    assert not memory.reads
    await host.put("SYSTEM", "CLEAR", 1)
    assert await host.fabric("STATUS") == await host.fabric("CONFIG_COUNT") == await host.get("SYSTEM", "FAULT") == 0
    memory.words = {0: 5, 1: 6}
    await host.fabric("CONFIG_COUNT", 1)
    await host.fabric("CONTROL", 1 << CONTROL_CONFIGURE)
    await bench.until(lambda: host.pending(Interrupt.FABRIC), limit=50, what="a configuration after the reset")
    assert await host.fabric("CONFIG_CYCLES") == 2 + LATENCY + 3


@cocotb.test()
async def timer(dut):
    bench, host, _ = await start(dut)
    for cycles in (1, 2, 30):
        await host.put("TIMER", "LOAD", cycles)  # written in the first of the transfer's two cycles
        waited = 1
        while not host.pending(Interrupt.TIMER):
            await bench.cycle()
            waited += 1
        assert waited == max(cycles + 1, 1) + (cycles == 0)
        assert await host.get("TIMER", "VALUE") == 0
        await host.put("TIMER", "LOAD", 0)
        await bench.cycle(40)
        assert not host.pending(Interrupt.TIMER)
    before, at = await host.get("TIMER", "CYCLES"), bench.cycles
    await bench.cycle(7)
    assert await host.get("TIMER", "CYCLES") - before == bench.cycles - at


class Line:
    """What a serial line should look like: sampled every cycle."""

    def __init__(self, bench):
        self.bench, self.levels = bench, []

    def drive(self):
        pass

    def observe(self):
        self.levels.append(value(self.bench.dut.tx))

    def frames(self):
        """Bytes of the line from its idle start on; the line is checked in every cycle."""
        levels, found = self.levels, []
        place = 0
        while 0 in levels[place:]:
            place = levels.index(0, place)
            bits = [set(levels[place + i * DIVISOR : place + (i + 1) * DIVISOR]) for i in range(10)]
            assert all(len(bit) == 1 for bit in bits) and bits[0] == {0} and bits[9] == {1}
            found.append(sum(bit.pop() << i for i, bit in enumerate(bits[1:9])))
            place += FRAME
        return found


@cocotb.test()
async def uart_sends(dut):
    bench, host, _ = await start(dut)
    line = bench.add(Line(bench))
    sent = [bench.random.randrange(256) for _ in range(soc.UART_FIFO_BYTES + 1)]
    for byte in sent:
        await host.put("UART", "TRANSMIT", byte)
    room = 1 << soc.UART_STATUS_ROOM
    assert not await host.get("UART", "STATUS") & room
    await host.put("UART", "TRANSMIT", 0)
    assert await host.get("UART", "STATUS") >> soc.UART_STATUS_LOST & 1
    await host.put("UART", "CLEAR", 1)
    while (status := await host.get("UART", "STATUS")) >> soc.UART_STATUS_SENDING & 1:
        pass
    assert status == room
    await bench.cycle(FRAME)
    assert line.frames() == sent


@cocotb.test()
async def uart_receives(dut):
    bench, host, _ = await start(dut)

    async def frame(byte, stop=1):
        for bit in (0, *(byte >> i & 1 for i in range(8)), stop):
            dut.rx.value = bit
            await bench.cycle(DIVISOR)
        dut.rx.value = 1

    assert await host.get("UART", "RECEIVE") >> soc.UART_RECEIVE_VALID == 0
    sent = [bench.random.randrange(256) for _ in range(soc.UART_FIFO_BYTES)]
    for byte in sent:
        await frame(byte)
    await bench.cycle(2 * DIVISOR)
    assert host.pending(Interrupt.UART)
    assert not await host.get("UART", "STATUS") >> soc.UART_STATUS_LOST & 1
    await frame(1)
    await frame(2, stop=0)
    await bench.cycle(2 * DIVISOR)
    assert await host.get("UART", "STATUS") >> soc.UART_STATUS_LOST == 3, "one too many, one without a stop bit"
    for byte in sent:
        assert await host.get("UART", "RECEIVE") == byte | 1 << soc.UART_RECEIVE_VALID
    assert not host.pending(Interrupt.UART)
    dut.rx.value = 0
    await bench.cycle(1)  # a spike
    dut.rx.value = 1
    await bench.cycle(FRAME)
    assert await host.get("UART", "RECEIVE") >> soc.UART_RECEIVE_VALID == 0


@cocotb.test()
async def exit_pins(dut):
    _, host, _ = await start(dut)
    assert not value(dut.halted)
    await host.put("SYSTEM", "EXIT", 42)
    assert (value(dut.halted), value(dut.exit_code)) == (1, 42)
