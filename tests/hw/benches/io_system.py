"""What surrounds the I/O tile in its bench: memory, chain, host, cores, and the checker that steps the models beside the design."""

from collections import deque

from chips import chip_of_run
from io_model import Collection, Configuration, Injection, Table
from shiftfire_hw.testing.streams import Bench, StreamDriver, StreamMonitor, value
from shiftfire_spec import address
from shiftfire_spec.address import CONFIG_ADDRESS, IO_REGISTER_INDEX
from shiftfire_spec.inject import COLLECT_STAMP, INJECT_EVENT
from shiftfire_spec.packet import FLIT, Kind

CONFIGURE, RUN, CLEAR, DRAIN = (
    1 << bit for bit in (address.CONTROL_CONFIGURE, address.CONTROL_RUN, address.CONTROL_CLEAR, address.CONTROL_DRAIN)
)
CONFIG_BASE, READ_BASE, INJECT_BASE, COLLECT_BASE = 0x800, 0x1000, 0x1800, 0x2000


class Memory:
    """Word memory behind the port: answers after ``latency`` cycles, in order; ``busy``: probability of not being ready."""

    def __init__(self, bench, latency, *, busy=0.0, jitter=0):
        self.bench, self.latency, self.busy, self.jitter = bench, latency, busy, jitter
        self.words, self.pending = {}, deque()
        self.accepted = self.response = None

    def drive(self):
        dut, rng = self.bench.dut, self.bench.random
        self.ready = rng.random() >= self.busy
        dut.memory__req_ready.value = int(self.ready)
        self.response, noise = None, rng.getrandbits(32)
        if self.pending and self.pending[0][0] <= self.bench.cycles:
            self.response = self.pending.popleft()[1]
        dut.memory__rsp_valid.value = int(self.response is not None)
        dut.memory__rsp_data.value = noise if self.response is None else self.response

    def observe(self):
        dut = self.bench.dut
        self.accepted = None
        if value(dut.memory__req_valid):
            write, where, what = bool(value(dut.memory__req_write)), value(dut.memory__req_address), value(dut.memory__req_data)
            self.request = (write, where, what if write else 0)
            if self.ready:
                self.accepted = self.request
                if write:
                    self.words[where] = what
                else:
                    due = self.bench.cycles + self.latency + self.bench.random.randint(0, self.jitter)
                    self.pending.append((due, self.words.get(where, 0)))
        else:
            self.request = None


class Chain:
    """The tiles on the configuration chain: one register each, words of storage by (tile, offset)."""

    def __init__(self, bench, tiles):
        self.bench, self.registers, self.words, self.writes = bench, [None] * tiles, {}, []
        self.back = None

    def drive(self):
        dut = self.bench.dut
        self.back = self.registers[-1]
        dut.chain_i__valid.value = int(self.back is not None)
        dut.chain_i__address.value, dut.chain_i__data.value = self.back or (0, 0)

    def observe(self):
        dut = self.bench.dut
        out = (value(dut.chain_o__address), value(dut.chain_o__data)) if value(dut.chain_o__valid) else None
        self.out = out
        shifted = []
        for tile, word in enumerate([out, *self.registers[:-1]]):
            fields = None if word is None else CONFIG_ADDRESS.unpack(word[0])
            if fields is not None and fields["tile"] == tile:
                place = (tile, fields["offset"])
                if fields["read"]:
                    word = (word[0], self.words.get(place, 0) % (1 << chip_of_run().counter_bits))
                else:
                    self.words[place] = word[1]
                    self.writes.append((*place, word[1]))
            shifted.append(word)
        self.registers = shifted


class Checker:
    """Steps the models beside the design and compares every output in every cycle."""

    def __init__(self, bench, memory, chain):
        self.bench, self.memory, self.chain = bench, memory, chain
        self.injection = self.collection = self.configuration = None
        self.run = self.interrupt = self.was_busy = self.starting = False
        self.cycle, self.waited = 0, 0  # waited: cycles after the last END
        self.drains = self.quiet = False
        self.table, self.owners = Table(chip_of_run()), deque()  # of reads not yet answered: the part that asked
        self.injected, self.collected = [], []
        self.control = None  # (bits, registers) written in this cycle

    def drive(self):
        """The mesh is quiet now and then, whatever happens: the tile takes its word for it."""
        self.idle = self.bench.random.random() < 0.3
        self.bench.dut.idle.value = int(self.idle)

    def observe(self):
        dut, memory, chip = self.bench.dut, self.memory, chip_of_run()
        where = f"bench cycle {self.bench.cycles}, run cycle {self.cycle}"
        parts = (self.collection if self.run else None, self.injection if self.run else None, self.configuration)
        requests = [part.request() if part else None for part in parts]
        owner = next((index for index, request in enumerate(requests) if request is not None), None)
        assert memory.request == (None if owner is None else requests[owner]), f"{where}: memory request"
        assert (value(dut.run), value(dut.cycle), value(dut.interrupt)) == (self.run, self.cycle, self.interrupt), f"{where}: state"
        offered = parts[1].packet() if parts[1] else None
        assert value(dut.o__valid) == (offered is not None), f"{where}: o.valid"
        assert offered is None or value(dut.o__payload) == offered, f"{where}: o.payload"
        if value(dut.bus_address) == IO_REGISTER_INDEX["STATUS"]:
            assert value(dut.bus_read_data) == self.status(), f"{where}: status"
        assert parts[0] is None or value(dut.i__ready) == parts[0].ready(), f"{where}: i.ready"
        assert self.chain.out == (self.configuration.out if self.configuration else None), f"{where}: chain out"
        accepted = [index == owner and memory.accepted is not None for index in range(3)]
        busy = self.run or self.configuration is not None or bool(self.owners)
        answers = [None, None, None]
        if memory.response is not None:
            answers[self.owners.popleft()] = memory.response
        if self.run:
            self.step_run(accepted, answers[1], offered, where)
        else:
            assert not value(dut.trace_inject__valid) and not value(dut.trace_collect__valid), f"{where}: trace"
        if self.configuration:
            back = self.chain.back
            word = None if back is None else (*back, bool(CONFIG_ADDRESS.unpack(back[0])["read"]))
            if self.configuration.step(accepted=accepted[2], response=answers[2], back=word):
                self.config_cycles, self.configuration = self.configuration.cycles, None
            if back is not None:
                self.table.write(*back)
        if memory.accepted is not None and not memory.accepted[0]:
            self.owners.append(owner)
        bits, registers = self.control or (0, {})
        self.interrupt = (self.was_busy and not busy) or (self.interrupt and not bits & CLEAR)
        self.was_busy, self.control = busy, None
        if bits & CONFIGURE and not busy:
            bases = (registers[name] for name in ("CONFIG_BASE", "CONFIG_COUNT", "READ_BASE"))
            self.configuration = Configuration(chip.config_entries_in_flight, chip.config_offset_bits, *bases)
        if bits & RUN and not busy:
            self.injection = Injection(chip, registers["INJECT_BASE"], registers["INJECT_COUNT"])
            self.collection = Collection(chip, self.table, *(registers[f"COLLECT_{name}"] for name in ("BASE", "LIMIT", "ENDS")))
            self.run, self.cycle, self.waited = True, 0, 0
            self.drains, self.quiet = bool(bits & DRAIN) and chip.feedback, False

    def status(self):
        bits = {
            address.STATUS_CONFIGURING: self.configuration is not None,
            address.STATUS_RUNNING: self.run or (bool(self.owners) and self.configuration is None),
            address.STATUS_INTERRUPT: self.interrupt,
            address.STATUS_OVERFLOW: self.collection is not None and self.collection.overflow,
        }
        return sum(int(high) << bit for bit, high in bits.items())

    def step_run(self, accepted, response, offered, where):
        dut, flit = self.bench.dut, value(self.bench.dut.i__payload)
        sends = offered is not None and bool(value(dut.o__ready))
        takes = bool(value(dut.i__valid)) and self.collection.ready()
        credit = takes and FLIT.unpack(flit)["kind"] == Kind.CREDIT
        assert value(dut.trace_inject__valid) == sends, f"{where}: trace_inject"
        assert value(dut.trace_collect__valid) == (takes and not credit), f"{where}: trace_collect"
        if sends:
            assert value(dut.trace_inject__flit) == offered, f"{where}: trace_inject"
            self.injected.append((self.cycle, offered))
        if takes and not credit:
            assert value(dut.trace_collect__flit) == flit, f"{where}: trace_collect"
            self.collected.append((self.cycle, flit))
        quiet = self.injection.done() and not self.collection.packets
        self.injection.step(
            accepted=accepted[1],
            response=response,
            mesh_ready=bool(value(dut.o__ready)),
            credit=FLIT.unpack(flit)["payload"] if credit else None,
        )
        finished = self.collection.step(accepted=accepted[0], taken=(flit, self.cycle) if takes and not credit else None)
        last = finished and (not self.drains or (self.quiet and self.idle))
        self.waited += finished and not last
        self.quiet, self.run = quiet, not last
        self.cycle += 1


class Host:
    """The register bus."""

    def __init__(self, bench, checker):
        self.bench, self.checker, self.values = bench, checker, {}
        bench.dut.bus_write.value = 0

    async def write(self, name, data):
        dut = self.bench.dut
        dut.bus_address.value, dut.bus_write_data.value, dut.bus_write.value = IO_REGISTER_INDEX[name], data, 1
        if name == "CONTROL":
            self.checker.control = (data, dict(self.values))
        self.values[name] = data
        await self.bench.cycle()
        dut.bus_write.value, dut.bus_address.value = 0, IO_REGISTER_INDEX["STATUS"]  # what the checker looks at in other cycles

    async def read(self, name):
        seen = []
        self.bench.dut.bus_address.value = IO_REGISTER_INDEX[name]
        await self.bench.cycle(check=lambda: seen.append(value(self.bench.dut.bus_read_data)))
        self.bench.dut.bus_address.value = IO_REGISTER_INDEX["STATUS"]
        return seen[0]

    async def setup(self, **values):
        for name, data in values.items():
            await self.write(name, data)


class System:
    """Everything around the tile."""

    async def start(self, dut, *, busy=0.0, jitter=0, stall=0.0, idle=0.0):
        chip = chip_of_run()
        self.dut, self.chip, self.bench = dut, chip, Bench(dut)
        self.memory = self.bench.add(Memory(self.bench, chip.memory_latency_cycles, busy=busy, jitter=jitter))
        self.chain = self.bench.add(Chain(self.bench, chip.tiles))
        self.to_mesh = self.bench.add(StreamMonitor(self.bench, "o", stall=stall))
        self.from_mesh = self.bench.add(StreamDriver(self.bench, "i", idle=idle))
        self.checker = self.bench.add(Checker(self.bench, self.memory, self.chain))
        self.host = Host(self.bench, self.checker)
        await self.bench.start()
        return self

    async def finish(self, limit):
        await self.bench.until(lambda: bool(value(self.dut.interrupt)), limit=limit, what="the interrupt")
        await self.host.write("CONTROL", CLEAR)
        assert await self.host.read("STATUS") & ~(1 << address.STATUS_OVERFLOW) == 0

    def load(self, base, words):
        self.memory.words.update({base + index: word for index, word in enumerate(words)})

    async def configure(self, image, limit=20000):
        self.load(CONFIG_BASE, [word for entry in image for word in entry])
        await self.host.setup(CONFIG_BASE=CONFIG_BASE, CONFIG_COUNT=len(image), READ_BASE=READ_BASE)
        await self.host.write("CONTROL", CONFIGURE)
        assert await self.host.read("STATUS") & ~(1 << address.STATUS_OVERFLOW) == 1 << address.STATUS_CONFIGURING
        await self.finish(limit)
        cycles = await self.host.read("CONFIG_CYCLES")
        assert cycles == self.checker.config_cycles
        return cycles

    async def run_with(self, vectors, early, late, program, **settings):
        """Run with `Destinations`; vectors: (mask, packets)."""
        destinations = Destinations(self, vectors, early, late)
        self.bench.agents.insert(0, destinations)
        await self.run(program, **settings)
        self.bench.agents.remove(destinations)

    async def run(self, program, *, ends, room=None, image=(), limit=20000, drain=False):
        """Run; with an ``image``, configure beside it. ``room``: for so many packets, by default for all."""
        room = self.chip.memory_words - 1 if room is None else room
        self.checker.injected, self.checker.collected = [], []
        if image:
            self.load(CONFIG_BASE, [word for entry in image for word in entry])
            await self.host.setup(CONFIG_BASE=CONFIG_BASE, CONFIG_COUNT=len(image), READ_BASE=READ_BASE)
        self.load(INJECT_BASE, program)
        await self.host.setup(INJECT_BASE=INJECT_BASE, INJECT_COUNT=len(program))
        await self.host.setup(COLLECT_BASE=COLLECT_BASE, COLLECT_LIMIT=room, COLLECT_ENDS=ends)
        await self.host.write("CONTROL", RUN | CONFIGURE * bool(image) | DRAIN * drain)
        await self.finish(limit)
        assert not image or await self.host.read("CONFIG_CYCLES") == self.checker.config_cycles
        assert await self.host.read("CYCLES") == self.checker.cycle
        assert await self.host.read("COLLECT_COUNT") == self.checker.collection.collected
        assert bool(await self.host.read("STATUS") >> address.STATUS_OVERFLOW) == self.checker.collection.overflow

    def records(self, count):
        """Stored packets as (cycle, flit)."""
        found = []
        for index in range(count):
            packet = INJECT_EVENT.unpack(self.memory.words[COLLECT_BASE + 2 * index])
            stamp = COLLECT_STAMP.unpack(self.memory.words[COLLECT_BASE + 2 * index + 1])
            kind = packet.pop("op")
            found.append((stamp["cycle"], FLIT.pack(kind=kind, tag=stamp["tag"], **packet)))
        return found


class Repeat:
    """Draws the same random numbers in the same cycles of every run that it takes part in. First of the agents."""

    def __init__(self, system):
        self.system, self.seed = system, system.bench.random.getrandbits(32)

    def drive(self):
        checker = self.system.checker
        if checker.run:
            self.system.bench.random.seed(f"{self.seed} {checker.cycle}")

    def observe(self):
        pass


class Destinations:
    """The cores: open a vector's slots once the vector before it has been sent; send ``early`` at once and ``late`` after everything."""

    def __init__(self, system, vectors, early, late):
        self.system, self.early, self.late = system, early, late
        self.credits, self.total = [], 0
        for mask, flits in vectors:
            slots = [slot for slot in range(system.chip.slots) if mask >> slot & 1]
            self.credits.append((self.total, [FLIT.pack(kind=Kind.CREDIT, payload=slot) for slot in slots]))
            self.total += flits

    def drive(self):
        if not self.system.checker.run:
            return
        queue, sent = self.system.from_mesh.queue, len(self.system.checker.injected)
        queue.extend(self.early)
        self.early = []
        while self.credits and sent >= self.credits[0][0]:
            queue.extend(self.credits.pop(0)[1])
        if sent == self.total:
            queue.extend(self.late)
            self.late = []

    def observe(self):
        pass
