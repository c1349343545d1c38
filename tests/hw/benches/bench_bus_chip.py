"""A whole chip behind Wishbone or AXI4-Lite: configure, run, read back, with the memory on its Wishbone master.

The job is in the folder $BENCH_JOB: job.json and words.npy; seen.json and memory.npy are left there.
"""

import json
import os
from collections import deque
from pathlib import Path

import cocotb
import numpy as np
from shiftfire_hw.testing.streams import Bench, value
from shiftfire_spec.address import CONTROL_CLEAR, CONTROL_CONFIGURE, CONTROL_RUN, IO_REGISTER_INDEX

BASE = 0x4000_0000 // 4
LIMIT = 20_000
ACCESS_LIMIT = 100


class Memory:
    """Pipelined: a request per cycle, answered ``latency`` cycles later. Classic: answered in the ``latency``-th cycle after the first."""

    def __init__(self, bench, words, *, latency, pipelined):
        self.bench, self.words, self.latency, self.pipelined = bench, words, latency, pipelined
        self.pending = deque()
        names = ("cyc", "stb", "we", "adr", "dat_w", "dat_r", "ack", "err", *(["stall"] if pipelined else []))
        self.handle = {name: getattr(bench.dut, f"memory__{name}") for name in names}
        self.handle["err"].value = 0
        if pipelined:
            self.handle["stall"].value = 0

    def drive(self):
        self.answers = bool(self.pending) and self.pending[0][0] == self.bench.cycles
        self.handle["ack"].value = int(self.answers)
        self.handle["dat_r"].value = self.pending.popleft()[1] if self.answers else 0

    def observe(self):
        if not value(self.handle["stb"]) or (not self.pipelined and (self.answers or self.pending)):
            return
        address, read = value(self.handle["adr"]) - BASE, 0
        if value(self.handle["we"]):
            self.words[address] = value(self.handle["dat_w"])
        else:
            read = int(self.words[address])
        self.pending.append((self.bench.cycles + self.latency, read))


class Wishbone:
    """Register accesses."""

    def __init__(self, bench):
        self.bench, self.dut = bench, bench.dut
        for name in ("cyc", "stb", "we", "adr", "sel", "dat_w"):
            getattr(self.dut, f"registers__{name}").value = 0

    async def access(self, index, data):
        bus = {
            name: getattr(self.dut, f"registers__{name}") for name in ("cyc", "stb", "we", "adr", "sel", "dat_w", "dat_r", "ack")
        }
        bus["cyc"].value = bus["stb"].value = 1
        bus["adr"].value, bus["sel"].value = index, 15
        bus["we"].value, bus["dat_w"].value = int(data is not None), data or 0
        seen = []
        for _ in range(ACCESS_LIMIT):
            await self.bench.cycle(check=lambda: seen.append(value(bus["dat_r"])) if value(bus["ack"]) else None)
            if seen:
                break
        bus["cyc"].value = bus["stb"].value = 0
        return seen[0]


class AxiLite:
    """Register accesses."""

    def __init__(self, bench):
        self.bench, self.dut = bench, bench.dut
        for name in ("awvalid", "wvalid", "bready", "arvalid", "rready"):
            self.handle(name).value = 0
        self.handle("wstrb").value = 15

    def handle(self, name):
        return getattr(self.dut, f"registers__{name}")

    async def access(self, index, data):
        requests = ("ar",) if data is None else ("aw", "w")
        answer = "r" if data is None else "b"
        self.handle(f"{requests[0]}addr").value = 4 * index
        self.handle("wdata").value = data or 0
        for channel in requests:
            self.handle(f"{channel}valid").value = 1
        accepted, seen = set(), []

        def look():
            accepted.update(channel for channel in requests if value(self.handle(f"{channel}ready")))
            if value(self.handle(f"{answer}valid")):
                assert value(self.handle(f"{answer}resp")) == 0
                seen.append(value(self.handle("rdata")))

        self.handle(f"{answer}ready").value = 1
        for _ in range(ACCESS_LIMIT):
            await self.bench.cycle(check=look)
            for channel in accepted:
                self.handle(f"{channel}valid").value = 0
            if seen:
                break
        self.handle(f"{answer}ready").value = 0
        return seen[0]


@cocotb.test()
async def configure_run_read_back(dut):
    folder = Path(os.environ["BENCH_JOB"])
    job = json.loads((folder / "job.json").read_text())
    words = np.zeros(job["size"], np.uint32)
    given = np.load(folder / "words.npy")
    words[: len(given)] = given
    bench = Bench(dut)
    dut.memory_base.value = BASE
    host = (AxiLite if hasattr(dut, "registers__awvalid") else Wishbone)(bench)
    bench.add(Memory(bench, words, latency=job["latency"], pipelined=hasattr(dut, "memory__stall")))
    await bench.start()

    async def write(**registers):
        for name, data in registers.items():
            await host.access(IO_REGISTER_INDEX[name], data)

    async def read(name):
        return await host.access(IO_REGISTER_INDEX[name], None)

    async def phase(control):
        await write(CONTROL=1 << control)
        await bench.until(lambda: value(dut.irq), limit=LIMIT, what="the interrupt")
        await write(CONTROL=1 << CONTROL_CLEAR)

    seen = {"fingerprint": await read("FINGERPRINT")}
    await write(CONFIG_BASE=job["config"][0], CONFIG_COUNT=job["config"][1])
    await phase(CONTROL_CONFIGURE)
    seen["config_cycles"] = await read("CONFIG_CYCLES")
    await write(INJECT_BASE=job["inject"][0], INJECT_COUNT=job["inject"][1])
    await write(COLLECT_BASE=job["collect"][0], COLLECT_LIMIT=job["collect"][1], COLLECT_ENDS=job["collect"][2])
    await phase(CONTROL_RUN)
    seen["cycles"], seen["collected"] = await read("CYCLES"), await read("COLLECT_COUNT")
    await write(CONFIG_BASE=job["readback"][0], CONFIG_COUNT=job["readback"][1], READ_BASE=job["counters"])
    await phase(CONTROL_CONFIGURE)
    assert not value(dut.memory_error)
    (folder / "seen.json").write_text(json.dumps(seen))
    np.save(folder / "memory.npy", words)
