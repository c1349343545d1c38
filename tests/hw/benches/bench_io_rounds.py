"""The I/O tile in rounds: stored streams, played streams, and a configuration beside a run."""

import cocotb
from io_model import region_words
from io_stimuli import (
    begin_words,
    event_word,
    odd_words,
    packet_words,
    play_entry,
    play_word,
    random_flit,
    random_image,
    random_output,
    random_table_entry,
    store_entry,
    vector_program,
    with_odd_words,
)
from io_system import CONFIG_BASE, READ_BASE, Repeat, System
from shiftfire_spec.inject import InjectOp
from shiftfire_spec.packet import FLIT, TAG_BITS, Kind

REGION_BASE, REGION_WORDS = 0x10000, 0x1000
NOT_PACKETS = (InjectOp.BEGIN, InjectOp.PLAY)
BUSY_MEMORY = {"busy": 0.3, "jitter": 5, "stall": 0.3, "idle": 0.3}


def region_bases(system):
    return [REGION_BASE + index * REGION_WORDS for index in range(system.chip.regions)]


def credits_of(system, mask):
    return [FLIT.pack(kind=Kind.CREDIT, payload=slot) for slot in range(system.chip.slots) if mask >> slot & 1]


async def stored_streams(dut, **conditions):
    """Packets of enabled tags are stored in their regions, the others collected; streams go on in the next run where they were."""
    system = await System().start(dut, **conditions)
    rng, regions = system.bench.random, system.chip.regions
    for most in (0, 1, regions):
        bases = dict(zip(rng.sample(range(regions), most), region_bases(system), strict=False))
        await system.configure([store_entry(tag, bases.get(tag, 0), tag in bases) for tag in range(regions)])
        flits = []
        system.memory.words.clear()
        for room in (system.chip.memory_words - 1, 5, 0):
            system.memory.words = {where: word for where, word in system.memory.words.items() if where >= REGION_BASE}
            output = random_output(rng, 60, 4, tags=[*range(regions + 2), rng.getrandbits(TAG_BITS)])
            await system.run_with([], output, [], [], ends=4, room=room)
            collected = [packet for packet in system.checker.collected if FLIT.unpack(packet[1])["tag"] not in bases]
            flits += [flit for flit in output if FLIT.unpack(flit)["tag"] in bases]
            written = min(room, len(collected))
            assert await system.host.read("COLLECT_COUNT") == len(collected)
            assert system.checker.collection.overflow == (room < len(collected))
            assert system.records(written) == collected[:written]
        for tag, base in bases.items():
            words = [event_word(flit) for flit in flits if FLIT.unpack(flit)["tag"] == tag]
            assert [system.memory.words.get(base + index) for index in range(len(words) + 1)] == [*words, None]


@cocotb.test()
async def stores(dut):
    await stored_streams(dut)


@cocotb.test()
async def stores_with_busy_memory(dut):
    await stored_streams(dut, **BUSY_MEMORY)


def random_round(system, rng, regions):
    """Program, flits, vectors as (mask, packets), and words by region: inline and played vectors, and mixed ones; odd words everywhere."""
    program, flits, vectors = [], [], []
    for _ in range(rng.randint(4, 10)):
        tag, mask, region = rng.getrandbits(TAG_BITS), rng.randrange(1 << system.chip.slots), rng.randrange(len(regions))
        words, expected = packet_words(rng, tag, rng.choice((0, 0, 1, 3, 20)))
        inline = rng.choice((0, 0, len(words), rng.randrange(len(words))))  # packets in the program; the rest is played
        program += [*odd_words(rng, (InjectOp.EVENT, InjectOp.END, InjectOp.PLAY), 2), *begin_words(tag, mask)]
        program += with_odd_words(rng, words[:inline], (InjectOp.BEGIN,))
        if inline < len(words):
            program.append(play_word(rng, region))
            regions[region] += with_odd_words(rng, words[inline:], NOT_PACKETS)
        vectors.append((mask, len(expected)))
        flits += expected
    return program, flits, vectors


async def played_streams(dut, **conditions):
    system = await System().start(dut, **conditions)
    rng, bases = system.bench.random, region_bases(system)
    await system.configure([play_entry(region, base) for region, base in enumerate(bases)])
    regions = [[] for _ in bases]
    for _ in range(4):
        program, flits, vectors = random_round(system, rng, regions)
        for base, words in zip(bases, regions, strict=True):
            system.load(base, words)
        await system.run_with(vectors, [], [random_flit(rng, Kind.END, range(1 << TAG_BITS))], program, ends=1)
        assert [flit for _, flit in system.checker.injected] == flits


@cocotb.test()
async def plays(dut):
    await played_streams(dut)


@cocotb.test()
async def plays_with_busy_mesh(dut):
    await played_streams(dut, stall=0.4, idle=0.5)


@cocotb.test()
async def plays_with_busy_memory(dut):
    await played_streams(dut, **BUSY_MEMORY)


@cocotb.test()
async def cost_of_a_play(dut):
    """Cycles of a played vector and of an inline one behind it, in closed form: a memory that is always ready, a queue of six words or more."""
    system = await System().start(dut)
    rng, chip, base = system.bench.random, system.chip, region_bases(system)[0]
    latency, depth = chip.memory_latency_cycles, chip.inject_queue_depth
    await system.configure([play_entry(0, base)])
    words, played = packet_words(rng, 7, 0)
    after, inline = vector_program(rng, 7, 0, 0)
    system.load(base, words)
    await system.run_with([(0, 2)], [], [FLIT.pack(kind=Kind.END)], [*begin_words(7, 0), play_word(rng, 0), *after], ends=1)
    assert [flit for _, flit in system.checker.injected] == played + inline
    if depth < 6:
        return
    pop = latency + 4  # BEGIN, mask, OPEN, PLAY
    drained = pop + 2  # the last of six words came in the cycle after PLAY
    first = drained + 1 + latency + 1  # request, answer, packet
    last_request = min(drained + depth, first)
    second = max(first + 1, last_request + latency + 1) + 1 + latency + 4  # drained; request, answer, BEGIN, mask, OPEN, packet
    assert [cycle for cycle, _ in system.checker.injected] == [first, second]


@cocotb.test()
async def stored_addresses_wrap(dut):
    """At the end of the address space a region goes on at 0."""
    system = await System().start(dut)
    rng, last = system.bench.random, region_words(system.chip) - 2
    await system.configure([store_entry(0, last), play_entry(0, last)])
    output = random_output(rng, 5, 1, tags=[0])
    await system.run_with([], output, [], [], ends=1)
    assert [system.memory.words[where] for where in (last, last + 1, 0, 1, 2)] == [event_word(flit) for flit in output]
    await system.run_with([(0, 5)], [], [FLIT.pack(kind=Kind.END, tag=1)], [*begin_words(0, 0), play_word(rng, 0)], ends=1)
    assert [flit for _, flit in system.checker.injected] == output


async def round_trips(dut, **conditions):
    """What one run stores, the next one plays: the same packets, on the streams that its program names."""
    system = await System().start(dut, **conditions)
    rng, bases = system.bench.random, region_bases(system)
    for _ in range(2):
        await system.configure(
            [entry for index, base in enumerate(bases) for entry in (store_entry(index, base), play_entry(index, base))]
        )
        sent = [
            [packet_words(rng, tag, rng.choice((0, 0, 1, 4, 12)))[1] for _ in range(rng.randint(1, 4))] for tag in range(len(bases))
        ]
        order = [tag for tag, vectors in enumerate(sent) for vector in vectors for _ in vector]
        rng.shuffle(order)
        streams = [iter([flit for vector in vectors for flit in vector]) for vectors in sent]
        ends = sum(map(len, sent))
        await system.run_with([], [next(streams[tag]) for tag in order], [], [], ends=ends, room=0)
        assert not system.checker.collection.overflow and await system.host.read("COLLECT_COUNT") == 0
        program, flits, vectors = [], [], []
        while any(sent):
            tag = rng.choice([tag for tag, left in enumerate(sent) if left])
            vector, new_tag, mask = sent[tag].pop(0), rng.getrandbits(TAG_BITS), rng.randrange(1 << system.chip.slots)
            program += [*begin_words(new_tag, mask), play_word(rng, tag)]
            flits += [FLIT.pack(**{**FLIT.unpack(flit), "tag": new_tag}) for flit in vector]
            vectors.append((mask, len(vector)))
        await system.run_with(vectors, [], [FLIT.pack(kind=Kind.END, tag=(1 << TAG_BITS) - 1)], program, ends=1)
        assert [flit for _, flit in system.checker.injected] == flits


@cocotb.test()
async def round_trip(dut):
    await round_trips(dut)


@cocotb.test()
async def round_trip_with_busy_memory(dut):
    await round_trips(dut, **BUSY_MEMORY)


@cocotb.test()
async def runs_cut_short(dut):
    """A run that ends at any time of a played vector leaves nothing behind but its vectors' places."""
    system = await System().start(dut, busy=0.2, jitter=4, stall=0.2, idle=0.9)
    rng, bases = system.bench.random, region_bases(system)
    for region, base in enumerate(bases):
        system.load(base, [word for _ in range(100) for word in packet_words(rng, region, 2)[0]])
    await system.configure([play_entry(region, base) for region, base in enumerate(bases)])
    plays = 0
    for _ in range(30):
        program = [word for _ in range(20) for word in (*begin_words(3, 0), play_word(rng, rng.randrange(len(bases))))]
        await system.run_with([], random_output(rng, rng.randint(1, 8), 1, tags=[255]), [], program, ends=1)
        plays += system.checker.injection.turns
    assert plays > 10
    await system.configure([play_entry(0, bases[0])])
    words, flits = vector_program(rng, 5, 0, 10)
    played, more = packet_words(rng, 5, 3)
    system.load(bases[0], played)
    vectors = [(0, len(flits)), (0, len(more))]
    await system.run_with(vectors, [], [FLIT.pack(kind=Kind.END)], [*words, *begin_words(5, 0), play_word(rng, 0)], ends=1)
    assert [flit for _, flit in system.checker.injected] == flits + more


async def beside_runs(dut, entries, **conditions):
    """The same run, alone and beside a configuration: no packet is a cycle later; and the configuration does all that it should."""
    system = await System().start(dut, **conditions)
    rng, chip, bases = system.bench.random, system.chip, region_bases(system)
    repeat = Repeat(system)
    system.bench.agents.insert(0, repeat)
    for count in entries:
        regions = [[] for _ in bases]
        program, flits, vectors = random_round(system, rng, regions)
        for base, words in zip(bases, regions, strict=True):
            system.load(base, words)
        places = [entry for region, base in enumerate(bases) for entry in (play_entry(region, base), store_entry(region, base, 0))]
        places.append(store_entry(0, REGION_BASE - REGION_WORDS))
        output = random_output(rng, 60, 4, tags=range(chip.regions + 1))
        image, writes, values = random_image(rng, chip.tiles, count, 0.2)
        seen = []
        for beside in ((), image, ()):
            await system.configure(places)
            system.chain.words.clear()
            system.chain.writes.clear()
            await system.run_with(vectors, output[:30], output[30:], program, ends=4, image=beside)
            seen.append((await system.host.read("CYCLES"), system.checker.injected, system.checker.collected))
            assert [flit for _, flit in system.checker.injected] == flits
            if beside:
                in_order = [[write for write in system.chain.writes if write[0] == tile] for tile in range(chip.tiles)]
                assert in_order == [[write for write in writes if write[0] == tile] for tile in range(chip.tiles)]
                assert [system.memory.words[READ_BASE + index] for index in range(len(values))] == values
        assert seen[0] == seen[1] == seen[2]


@cocotb.test()
async def configuration_beside_a_run(dut):
    await beside_runs(dut, (1, 20, 300))


@cocotb.test()
async def configuration_beside_a_run_with_busy_memory(dut):
    await beside_runs(dut, (1, 20, 300), busy=0.3, stall=0.3, idle=0.3)


@cocotb.test()
async def tables_change_beside_runs(dut):
    """Any entries at any time of a run, past the tables as well: the rules hold all the same."""
    system = await System().start(dut, **BUSY_MEMORY)
    rng, chip = system.bench.random, system.chip
    system.load(0, [rng.getrandbits(32) for _ in range(CONFIG_BASE)])
    await system.configure([play_entry(region, base) for region, base in enumerate(region_bases(system))])
    stored = 0
    for _ in range(6):
        regions = [[] for _ in range(chip.regions)]
        program, _, _ = random_round(system, rng, regions)
        output = random_output(rng, 60, 3, tags=range(chip.regions + 1))
        credits = [flit for _ in range(8) for flit in credits_of(system, (1 << chip.slots) - 1)]
        packets = [*credits, *output[:-1]]
        rng.shuffle(packets)
        image, _, _ = random_image(rng, chip.tiles, 60, 0.2)
        image += [random_table_entry(rng, chip.regions) for _ in range(60)]
        rng.shuffle(image)
        await system.run_with([], [*packets, output[-1]], [], program, ends=3, image=image)
        collection = system.checker.collection
        assert collection.collected + len(collection.stored) == len(output)
        stored += len(collection.stored)
    assert stored


@cocotb.test()
async def entries_meet_packets(dut):
    """A store entry written in any cycle of a stream: every packet is collected, stored where it was, or stored where it goes now, in order."""
    system = await System().start(dut, idle=0.7)
    rng, regions = system.bench.random, system.chip.regions
    for enable in (0, 1):
        for delay in range(14):
            system.memory.words.clear()
            await system.configure([store_entry(0, REGION_BASE, enable)])
            output = random_output(rng, 40, 1, tags=[0])
            late = [store_entry(regions, 0)] * delay + [store_entry(0, REGION_BASE + REGION_WORDS)]  # at first past the table
            await system.run_with([], output, [], [], ends=1, image=late)
            collection = system.checker.collection
            written = [event_word(flit) for _, flit in system.records(collection.collected)]
            for base in (REGION_BASE, REGION_BASE + REGION_WORDS):
                written += [system.memory.words[where] for where in range(base, base + len(output)) if where in system.memory.words]
            assert written == [event_word(flit) for flit in output]
