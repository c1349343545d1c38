"""Bus adapters against models with random wait states: memory masters, AXI4-Lite bridge, register slave."""

from collections import deque

import cocotb
from shiftfire_hw.soc.axi4_lite import OKAY, SLAVE_ERROR
from shiftfire_hw.testing.streams import Bench, value

WORDS = 64
HOLE = 13  # this word answers with err
BASE = 1000
REGISTERS = 8


class Requester:
    """Random requests at a memory port; ``answers`` is compared with a memory that does them in order."""

    def __init__(self, bench, prefix, *, idle):
        self.bench, self.idle = bench, idle
        self.handle = {n: getattr(bench.dut, f"{prefix}__{n}") for n in _PORT}
        self.memory = {}
        self.expected, self.request, self.answered, self.first = deque(), None, 0, None
        self.accepted = []  # cycles

    def drive(self):
        random = self.bench.random
        if self.request is None and random.random() >= self.idle:
            self.request = (random.randrange(2), random.randrange(WORDS), random.getrandbits(32))
        write, address, data = self.request or (0, 0, 0)
        self.handle["req_valid"].value = int(self.request is not None)
        self.handle["req_write"].value = write
        self.handle["req_address"].value = address
        self.handle["req_data"].value = data

    def observe(self):
        if value(self.handle["rsp_valid"]):
            assert value(self.handle["rsp_data"]) == self.expected.popleft()
            self.answered += 1
        if self.request is not None and value(self.handle["req_ready"]):
            write, address, data = self.request
            if write and address != HOLE:
                self.memory[address] = data
            elif not write:
                self.expected.append(0 if address == HOLE else self.memory.get(address, 0))
            self.request = None
            self.accepted.append(self.bench.cycles)


_PORT = ("req_valid", "req_ready", "req_write", "req_address", "req_data", "rsp_valid", "rsp_data")


class Slave:
    """Wishbone memory with random wait states. ``wait``: probability of one more cycle; ``stall`` likewise, pipelined buses only."""

    def __init__(self, bench, prefix, *, pipelined, wait, stall=0.0):
        self.bench, self.pipelined, self.wait, self.stall = bench, pipelined, wait, stall
        names = ("cyc", "stb", "we", "adr", "sel", "dat_w", "dat_r", "ack", "err", *(["stall"] if pipelined else []))
        self.handle = {n: getattr(bench.dut, f"{prefix}__{n}") for n in names}
        self.memory, self.pending, self.transfers = {}, deque(), []
        self.stalled = self.answering = False
        self.held = None

    def drive(self):
        random = self.bench.random
        self.answering = bool(self.pending) and random.random() >= self.wait
        failed, data = self.pending.popleft() if self.answering else (False, random.getrandbits(32))
        self.handle["ack"].value = int(self.answering and not failed)
        self.handle["err"].value = int(self.answering and failed)
        self.handle["dat_r"].value = data
        if self.pipelined:
            self.stalled = random.random() < self.stall
            self.handle["stall"].value = int(self.stalled)

    def observe(self):
        now = {n: value(self.handle[n]) for n in ("cyc", "stb", "we", "adr", "sel", "dat_w")}
        assert now["cyc"] or not (now["stb"] or self.pending or self.answering), "cyc covers requests and answers"
        if self.pipelined:
            taken = now["stb"] and not self.stalled
        else:
            assert not (self.held and self.held != now), "a classic request is stable until it is answered"
            taken = now["stb"] and not self.answering and not self.pending
            self.held = now if now["stb"] and not self.answering else None
        if taken:
            self.take(now)

    def take(self, now):
        assert now["sel"] == 15
        address = now["adr"] - BASE
        self.transfers.append(self.bench.cycles)
        if address == HOLE:
            self.pending.append((True, 0xDEAD))
        elif now["we"]:
            self.memory[address] = now["dat_w"]
            self.pending.append((False, 0))
        else:
            self.pending.append((False, self.memory.get(address, 0)))


async def start(dut):
    bench = Bench(dut)
    for prefix in ("pipelined", "classic"):
        getattr(dut, f"{prefix}_base").value = BASE
        getattr(dut, f"{prefix}_port__req_valid").value = 0
    for prefix in ("first", "second"):
        for name in ("cyc", "stb", "we", "adr", "sel", "dat_w"):
            getattr(dut, f"{prefix}__{name}").value = 0
    for name in ("ack", "err", "dat_r"):
        getattr(dut, f"shared__{name}").value = 0
    for name in ("awvalid", "wvalid", "arvalid", "bready", "rready"):
        getattr(dut, f"axi__{name}").value = 0
    await bench.start()
    return bench


async def random_transfers(dut, kind, **waits):
    bench = await start(dut)
    requester = bench.add(Requester(bench, f"{kind}_port", idle=waits.pop("idle")))
    slave = bench.add(Slave(bench, f"{kind}_bus", pipelined=kind == "pipelined", **waits))
    await bench.until(lambda: requester.answered >= 400, limit=20000, what="400 reads")
    assert value(getattr(dut, f"{kind}_error")) == 1
    requester.idle = 1.0
    quiet = lambda: requester.request is None and not requester.expected and value(getattr(dut, f"{kind}_bus__cyc")) == 0  # noqa: E731
    await bench.until(quiet, limit=1000, what="the last answer, and the bus idle")
    return requester, slave


@cocotb.test()
async def pipelined_at_full_speed(dut):
    """No wait, no stall: a request in every cycle but those in which the adapter's bound holds it, and it is never reached."""
    requester, _ = await random_transfers(dut, "pipelined", idle=0.0, wait=0.0, stall=0.0)
    busy = requester.accepted[:500]
    assert busy == list(range(busy[0], busy[0] + 500))


@cocotb.test()
async def pipelined_with_waits(dut):
    for idle, wait, stall in ((0.3, 0.3, 0.3), (0.0, 0.7, 0.1), (0.0, 0.1, 0.7)):
        await random_transfers(dut, "pipelined", idle=idle, wait=wait, stall=stall)


@cocotb.test()
async def classic_with_waits(dut):
    for idle, wait in ((0.0, 0.0), (0.3, 0.5), (0.0, 0.8)):
        await random_transfers(dut, "classic", idle=idle, wait=wait)


class AxiMaster:
    """Random AXI4-Lite transfers against a list of registers; write address and data come in any order, answers wait."""

    def __init__(self, bench, *, idle):
        self.bench, self.idle = bench, idle
        self.registers = [0] * REGISTERS
        self.write = self.read = None  # what is offered: fields, and those accepted
        self.shown = {"aw": False, "w": False, "ar": False}
        self.ready = {"b": False, "r": False}
        self.done, self.results = 0, {"b": None, "r": None}

    def handle(self, name):
        return getattr(self.bench.dut, f"axi__{name}")

    def drive(self):
        random = self.bench.random
        if self.write is None and random.random() >= self.idle:
            self.write = {
                "address": random.randrange(REGISTERS),
                "data": random.getrandbits(32),
                "strobe": random.choice((15, 15, 15, 3)),
            }
        if self.read is None and random.random() >= self.idle:
            self.read = {"address": random.randrange(REGISTERS)}
        for channel, wanted in (("aw", self.write), ("w", self.write), ("ar", self.read)):
            pending = wanted is not None and "taken" not in wanted
            self.shown[channel] = pending and (self.shown[channel] or random.random() >= self.idle)
            self.handle(f"{channel}valid").value = int(self.shown[channel])
        if self.write:
            self.handle("awaddr").value = 4 * self.write["address"]
            self.handle("wdata").value = self.write["data"]
            self.handle("wstrb").value = self.write["strobe"]
        if self.read:
            self.handle("araddr").value = 4 * self.read["address"]
        for channel in self.ready:
            self.ready[channel] = random.random() >= self.idle
            self.handle(f"{channel}ready").value = int(self.ready[channel])

    def observe(self):
        taken = {c: self.shown[c] and value(self.handle(f"{c}ready")) for c in self.shown}
        assert taken["aw"] == taken["w"] and not (taken["aw"] and taken["ar"])
        if taken["aw"]:
            self.write["taken"] = True
            whole = self.write["strobe"] == 15
            if whole:
                self.registers[self.write["address"]] = self.write["data"]
            self.results["b"] = OKAY if whole else SLAVE_ERROR
        if taken["ar"]:
            self.read["taken"] = True
            self.results["r"] = self.registers[self.read["address"]]
        if value(self.handle("bvalid")) and self.ready["b"]:
            assert value(self.handle("bresp")) == self.results["b"]
            self.write, self.results["b"], self.done = None, None, self.done + 1
        if value(self.handle("rvalid")) and self.ready["r"]:
            assert (value(self.handle("rdata")), value(self.handle("rresp"))) == (self.results["r"], OKAY)
            self.read, self.results["r"], self.done = None, None, self.done + 1


@cocotb.test()
async def axi4_lite_registers(dut):
    bench = await start(dut)
    master = bench.add(AxiMaster(bench, idle=0.0))
    for idle in (0.0, 0.3, 0.7):
        master.idle, target = idle, master.done + 300
        await bench.until(lambda target=target: master.done >= target, limit=20000, what="300 transfers")


class Master:
    """Classic transfers of its own half of the addresses, so that what it reads follows from what it wrote; ``idle``: probability of a pause."""

    def __init__(self, bench, prefix, *, start, idle):
        self.bench, self.start, self.idle = bench, start, idle
        self.handle = {
            n: getattr(bench.dut, f"{prefix}__{n}") for n in ("cyc", "stb", "we", "adr", "sel", "dat_w", "dat_r", "ack", "err")
        }
        self.memory, self.request, self.done, self.waited, self.longest = {}, None, 0, 0, 0

    def drive(self):
        random = self.bench.random
        if self.request is None and random.random() >= self.idle:
            self.request = (random.randrange(2), self.start + random.randrange(WORDS // 2), random.getrandbits(32))
        write, address, data = self.request or (0, 0, 0)
        for name, driven in (("we", write), ("adr", BASE + address), ("sel", 15), ("dat_w", data)):
            self.handle[name].value = driven
        self.handle["cyc"].value = self.handle["stb"].value = int(self.request is not None)

    def observe(self):
        ack, err = value(self.handle["ack"]), value(self.handle["err"])
        assert self.request is not None or not (ack or err), "an answer without a request"
        self.waited += 1
        if not (ack or err):
            return
        write, address, data = self.request
        assert err == (address == HOLE)
        if write and ack:
            self.memory[address] = data
        elif ack:
            assert value(self.handle["dat_r"]) == self.memory.get(address, 0)
        self.longest = max(self.longest, self.waited)
        self.request, self.done, self.waited = None, self.done + 1, 0


@cocotb.test()
async def two_masters_one_bus(dut):
    """Every transfer is answered as if its master were alone; the slave checks that none is interrupted."""
    for idle, other, wait in ((0.0, 0.0, 0.0), (0.5, 0.0, 0.3), (0.1, 0.7, 0.6)):
        bench = await start(dut)
        slave = bench.add(Slave(bench, "shared", pipelined=False, wait=wait))
        masters = [
            bench.add(Master(bench, "first", start=0, idle=idle)),
            bench.add(Master(bench, "second", start=WORDS // 2, idle=other)),
        ]
        await bench.cycle(1500)
        assert masters[0].done > 50
        assert masters[1].done > 10 or idle == 0.0, "the second is served in the pauses of the first"
        assert abs(len(slave.transfers) - sum(master.done for master in masters)) <= 1
