"""A mesh of whole tiles: configuration and counters over the chain, and random multicast that every tile gets exactly once.

Every core runs ``ACC 0; JUMP 0``: it opens a vector (a CREDIT, multicast to the I/O tile and random tiles), swallows the vector, and again.
The bench is the I/O tile: it sends vectors to random sets of tiles when all of them have opened, as a source must.
"""

import os
from collections import Counter as Tally

import cocotb
from chips import chip_of_run
from mesh_model import IO, flits_per_port, grow
from shiftfire_hw.testing.streams import Bench, StreamDriver, StreamMonitor, value
from shiftfire_spec import stream
from shiftfire_spec.address import CONFIG_ADDRESS, Space, group_register_offset
from shiftfire_spec.core_program import INSTRUCTION, Opcode
from shiftfire_spec.counters import Counter
from shiftfire_spec.packet import FLIT, Kind, PayloadKind, Port
from shiftfire_spec.weights import WeightFormat

DATA_TAGS = 12
CREDIT_TAG = 16  # plus the tile
VECTORS = 60 if int(os.environ["BENCH_THOROUGH"]) else 20
FLITS = {
    Port.NORTH: Counter.FLITS_NORTH,
    Port.EAST: Counter.FLITS_EAST,
    Port.SOUTH: Counter.FLITS_SOUTH,
    Port.WEST: Counter.FLITS_WEST,
}
FLITS |= {Port.LOCAL: Counter.FLITS_LOCAL}


class Chain:
    """Feeds (address, data) to the configuration chain and sees each come out, ``tiles`` cycles later."""

    def __init__(self, bench, tiles):
        self.bench, self.tiles = bench, tiles
        self.queue, self.sent, self.received = [], [], []

    def drive(self):
        dut = self.bench.dut
        word = self.queue.pop(0) if self.queue and self.bench.random.random() < 0.9 else None
        dut.chain_in__valid.value = int(word is not None)
        dut.chain_in__address.value, dut.chain_in__data.value = word or (0, 0)
        if word is not None:
            self.sent.append((self.bench.cycles, word[0]))

    def observe(self):
        dut = self.bench.dut
        if value(dut.chain_out__valid):
            self.received.append((self.bench.cycles, value(dut.chain_out__address), value(dut.chain_out__data)))

    async def transfer(self, words):
        """Send ``words``; their data as they come back. Each takes one cycle per tile and keeps its address."""
        self.queue, self.sent, self.received = list(words), [], []
        await self.bench.until(
            lambda: len(self.received) == len(words), limit=4 * len(words) + 50, what="return of the chain's words"
        )
        assert [(cycle - self.tiles, address) for cycle, address, _ in self.received] == self.sent
        return [data for _, _, data in self.received]

    async def counters(self):
        """{(tile, counter): value}."""
        places = [(tile, counter) for tile in range(self.tiles) for counter in Counter]
        words = [(CONFIG_ADDRESS.pack(read=1, tile=t, space=Space.COUNTER, offset=c), 0xFFFFFFFF) for t, c in places]
        return dict(zip(places, await self.transfer(words), strict=True))


class Arrivals:
    """Flits that enter and leave the tiles' cores."""

    def __init__(self, bench, tiles):
        self.bench, self.tiles = bench, tiles
        self.cores = [getattr(bench.dut, f"tile{tile}").core for tile in range(tiles)]
        self.local = [[] for _ in range(tiles)]
        self.sent = [[] for _ in range(tiles)]

    def drive(self):
        pass

    def observe(self):
        dut = self.bench.dut
        traced = value(dut.trace_valid)
        for tile, core in enumerate(self.cores):
            if value(core.i__valid) and value(core.i__ready):
                self.local[tile].append(value(core.i__payload))
            if traced >> tile & 1:
                self.sent[tile].append(value(getattr(dut, f"trace_flit__{tile}")))


class Source:
    """The I/O tile's part: vectors to random tiles, interleaved, each begun when all its tiles have opened."""

    def __init__(self, bench, trees, tiles, *, idle, stall):
        self.bench, self.trees, self.open = bench, trees, [False] * tiles
        self.driver = bench.add(StreamDriver(bench, "io_in", idle=idle))
        self.monitor = bench.add(StreamMonitor(bench, "io_out", stall=stall))
        self.active, self.sent, self.seen, self.vectors_left = [], [], 0, VECTORS
        self.vectors_to, self.credits = [0] * tiles, [0] * tiles

    def drive(self):
        for _, word in self.monitor.taken[self.seen :]:
            flit = FLIT.unpack(word)
            if flit["kind"] == Kind.CREDIT:
                tile = flit["payload"]
                assert flit["tag"] == CREDIT_TAG + tile and flit["axon"] == 0
                assert not self.open[tile], f"tile {tile} opens twice"
                self.open[tile], self.credits[tile] = True, self.credits[tile] + 1
        self.seen = len(self.monitor.taken)
        self._begin()
        if self.active and not self.driver.queue:
            vector = self.bench.random.choice(self.active)
            self.driver.queue.append(vector[0])
            self.sent.append(vector.pop(0))
            self.active = [vector for vector in self.active if vector]

    def _begin(self):
        rng = self.bench.random
        tag = rng.randrange(DATA_TAGS)
        tiles = self.trees[tag].destinations - {IO}
        busy = {FLIT.unpack(vector[0])["tag"] for vector in self.active}
        if not self.vectors_left or tag in busy or not all(self.open[tile] for tile in tiles):
            return
        spikes = [
            FLIT.pack(kind=Kind.SPIKE, tag=tag, axon=rng.getrandbits(20), payload=rng.getrandbits(8))
            for _ in range(rng.randrange(6))
        ]
        self.active.append([*spikes, FLIT.pack(kind=Kind.END, tag=tag)])
        self.vectors_left -= 1
        for tile in tiles:
            self.open[tile], self.vectors_to[tile] = False, self.vectors_to[tile] + 1

    def done(self):
        return not self.vectors_left and not self.active and not self.driver.queue and all(self.open)


def random_trees(rng, chip):
    """Tag -> tree: data from the I/O tile, credits from every tile to the I/O tile and some others."""
    tiles, trees = range(chip.tiles), {}
    for tag in range(DATA_TAGS):
        several = rng.sample(tiles, rng.randint(1, min(chip.tiles, 4)))
        trees[tag] = grow(chip.width, IO, tiles if tag == 0 else [*several, IO] if rng.random() < 0.3 else several)
    for tile in tiles:
        trees[CREDIT_TAG + tile] = grow(chip.width, tile, {IO, *rng.sample(tiles, rng.randint(0, chip.tiles))})
    return trees


def configuration(chip, trees):
    """Words that set up routes, registers and programs of all tiles."""
    words = []

    def put(tile, space, offset, data):
        words.append((CONFIG_ADDRESS.pack(tile=tile, space=space, offset=offset), data))

    for tile in range(chip.tiles):
        for tag, tree in trees.items():
            put(tile, Space.ROUTE, tag, tree.mask(tile))
        put(tile, Space.PROGRAM, 0, INSTRUCTION.pack(opcode=Opcode.ACC, group=0))
        put(tile, Space.PROGRAM, 1, INSTRUCTION.pack(opcode=Opcode.JUMP, target=0))
        control = stream.GROUP_CONTROL.pack(
            payload_kind=PayloadKind.UNIT, weight_format=WeightFormat.ONE, lane_mode=stream.LaneMode.ONE, sources=1
        )
        put(tile, Space.REGISTER, group_register_offset(0, stream.GROUP_CONTROL), control)
        credit = stream.GROUP_CREDIT.pack(tag=CREDIT_TAG + tile, slot=tile)
        put(tile, Space.REGISTER, group_register_offset(0, stream.GROUP_CREDIT), credit)
        put(tile, Space.REGISTER, group_register_offset(0, stream.GROUP_CHANNELS), 0)  # no channel concerns it
    return words


async def setup(dut, *, idle=0.0, stall=0.0):
    chip, bench = chip_of_run(), Bench(dut)
    dut.run.value = 0
    chain, arrivals = bench.add(Chain(bench, chip.tiles)), bench.add(Arrivals(bench, chip.tiles))
    trees = random_trees(bench.random, chip)
    await bench.start()
    await chain.transfer(configuration(chip, trees))
    source = Source(bench, trees, chip.tiles, idle=idle, stall=stall)
    await bench.cycle(2)
    await chain.transfer([(CONFIG_ADDRESS.pack(tile=tile, space=Space.COUNTER), 0) for tile in range(chip.tiles)])
    bench.agents.insert(0, _DriveOnly(source))
    return chip, bench, chain, arrivals, source, trees


class _DriveOnly:
    def __init__(self, source):
        self.source = source

    def drive(self):
        self.source.drive()

    def observe(self):
        pass


async def traffic(dut, *, idle, stall):
    chip, bench, chain, arrivals, source, trees = await setup(dut, idle=idle, stall=stall)
    dut.run.value = 1
    await bench.until(source.done, limit=VECTORS * 200, what="end of all vectors")
    await bench.cycle(100)  # credits among tiles
    dut.run.value = 0
    await bench.cycle()
    for tile in range(chip.tiles):
        credit = FLIT.pack(kind=Kind.CREDIT, tag=CREDIT_TAG + tile, payload=tile)
        assert arrivals.sent[tile] == [credit] * (source.vectors_to[tile] + 1), f"tile {tile} sent"
        data = [flit for flit in arrivals.local[tile] if FLIT.unpack(flit)["tag"] < DATA_TAGS]
        assert data == [flit for flit in source.sent if tile in trees[FLIT.unpack(flit)["tag"]].destinations], f"tile {tile} got"
        credits = Tally(flit for flit in arrivals.local[tile] if FLIT.unpack(flit)["tag"] >= DATA_TAGS)
        wanted = {
            arrivals.sent[s][0]: len(arrivals.sent[s]) for s in range(chip.tiles) if tile in trees[CREDIT_TAG + s].destinations
        }
        assert credits == wanted, f"tile {tile} got credits"
    back = [flit for _, flit in source.monitor.taken if FLIT.unpack(flit)["tag"] < DATA_TAGS]
    assert back == [flit for flit in source.sent if IO in trees[FLIT.unpack(flit)["tag"]].destinations]
    check_counters(chip, await chain.counters(), arrivals, source, trees)


def check_counters(chip, counters, arrivals, source, trees):
    tags = Tally(FLIT.unpack(flit)["tag"] for flit in source.sent)
    tags |= {CREDIT_TAG + tile: len(sent) for tile, sent in enumerate(arrivals.sent)}
    moved = flits_per_port((trees[tag], count) for tag, count in tags.items())
    for tile in range(chip.tiles):
        for port, counter in FLITS.items():
            assert counters[tile, counter] == moved[tile, port], f"tile {tile}, {counter.name}"
        data = [FLIT.unpack(flit)["kind"] for flit in arrivals.local[tile]]
        assert counters[tile, Counter.EVENTS_IN] == data.count(Kind.SPIKE), f"tile {tile}"
        assert counters[tile, Counter.VECTORS_IN] == data.count(Kind.END) == source.vectors_to[tile], f"tile {tile}"
        assert counters[tile, Counter.BEATS] == counters[tile, Counter.FIRE_STEPS] == counters[tile, Counter.EVENTS_OUT] == 0


@cocotb.test()
async def multicast(dut):
    await traffic(dut, idle=0.0, stall=0.0)


@cocotb.test()
async def multicast_under_back_pressure(dut):
    await traffic(dut, idle=0.3, stall=0.7)


@cocotb.test()
async def counters_over_the_chain(dut):
    """A clear concerns one tile, counters stand still while ``run`` is low, other spaces read 0, unknown tiles echo."""
    chip, bench, chain, _, source, _ = await setup(dut)
    assert not any((await chain.counters()).values())
    dut.run.value = 1
    await bench.until(source.done, limit=VECTORS * 200, what="end of all vectors")
    dut.run.value = 0
    await bench.cycle()
    before = await chain.counters()
    await bench.cycle(20)
    assert await chain.counters() == before
    assert all(before[tile, Counter.INTEGRATE_WAIT_EVENT] for tile in range(chip.tiles))
    victim = chip.tiles - 1
    await chain.transfer([(CONFIG_ADDRESS.pack(tile=victim, space=Space.COUNTER, offset=Counter.BEATS), 5)])
    assert await chain.counters() == {place: 0 if place[0] == victim else count for place, count in before.items()}
    busy = Counter.INTEGRATE_WAIT_EVENT  # an offset whose counter is not 0
    reads = [(t, space, 0xABCD) for t in range(chip.tiles) for space in Space if space is not Space.COUNTER]
    words = [(CONFIG_ADDRESS.pack(read=1, tile=t, space=space, offset=busy), data) for t, space, data in reads]
    assert await chain.transfer(words) == [0] * len(words)
    unknown = CONFIG_ADDRESS.pack(read=1, tile=chip.tiles, space=Space.COUNTER)
    assert await chain.transfer([(unknown, 0x1234)]) == [0x1234]


@cocotb.test()
async def every_run_starts_alike(dut):
    """A run cut short with flits everywhere leaves no trace in the next: queues are emptied, arbiters turned back."""
    chip, bench, _, _, source, _ = await setup(dut)
    bench.agents = [agent for agent in bench.agents if not isinstance(agent, _DriveOnly)]
    stamps = []
    for stall in (0.0, 1.0, 0.0, 0.0):
        source.monitor.stall = stall
        source.monitor.taken.clear()
        start = bench.cycles
        dut.run.value = 1
        await bench.cycle(60 if stall == 0.0 else 7 + chip.tiles)
        dut.run.value = 0
        await bench.cycle(3)
        stamps.append([(cycle - start, flit) for cycle, flit in source.monitor.taken])
    assert len(stamps[0]) == chip.tiles and not stamps[1]
    assert stamps[0] == stamps[2] == stamps[3]
