"""The I/O tile in rounds: stored streams, played streams, and a configuration beside a run."""

import cocotb
from io_model import region_words
from io_stimuli import (
    begin_words,
    event_word,
    odd_words,
    packet_words,
    play_words,
    random_flit,
    random_image,
    random_output,
    random_table_entry,
    room_entry,
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


def stored_places(flits, base, room):
    """Where a stream's packets are stored: vectors a room apart."""
    places, start, at = [], base, base
    for flit in flits:
        places.append(at)
        end = FLIT.unpack(flit)["kind"] == Kind.END
        start += room * end
        at = start if end else at + 1
    return places


def credits_of(system, mask):
    return [FLIT.pack(kind=Kind.CREDIT, payload=slot) for slot in range(system.chip.slots) if mask >> slot & 1]


async def stored_streams(dut, **conditions):
    """Packets of enabled tags are stored in their regions, the others collected; streams go on in the next run where they were."""
    system = await System().start(dut, **conditions)
    rng, regions = system.bench.random, system.chip.regions
    for most in (0, 1, regions):
        bases = dict(zip(rng.sample(range(regions), most), region_bases(system), strict=False))
        rooms = {tag: rng.choice((61, 61, 64, 100)) for tag in bases}  # 60 packets and more
        entries = [store_entry(tag, bases.get(tag, 0), tag in bases) for tag in range(regions)]
        entries += [room_entry(tag, room) for tag, room in rooms.items()]
        rng.shuffle(entries)
        await system.configure(entries)
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
            own = [flit for flit in flits if FLIT.unpack(flit)["tag"] == tag]
            expected = dict(zip(stored_places(own, base, rooms[tag]), map(event_word, own), strict=True))
            assert {w: word for w, word in system.memory.words.items() if base <= w < base + REGION_WORDS} == expected


@cocotb.test()
async def stores(dut):
    await stored_streams(dut)


@cocotb.test()
async def stores_with_busy_memory(dut):
    await stored_streams(dut, **BUSY_MEMORY)


def random_round(system, rng):
    """Program, flits, vectors as (mask, packets): inline and played vectors, mixed ones, and ones in pieces; odd words everywhere.

    What is played is loaded on the way.
    """
    program, flits, vectors, place = [], [], [], REGION_BASE
    for _ in range(rng.randint(4, 10)):
        tag, mask = rng.getrandbits(TAG_BITS), rng.randrange(1 << system.chip.slots)
        program += [*odd_words(rng, (InjectOp.EVENT, InjectOp.END, InjectOp.PLAY), 2), *begin_words(tag, mask)]
        pieces, sent = rng.choice((1, 1, 2, 5)), 0
        for piece in reversed(range(pieces)):
            words, expected = packet_words(rng, tag, rng.choice((0, 0, 1, 3, 20)))
            inline = rng.choice(
                (0, 0, rng.randrange(len(words)), 0 if piece else len(words))
            )  # packets in the program; the rest is played
            program += with_odd_words(rng, words[:inline], (InjectOp.BEGIN,))
            if inline < len(words):
                program += play_words(rng, place, more=int(piece > 0))
                played = with_odd_words(rng, words[inline:], NOT_PACKETS)
                system.load(place, played)
                place += len(played) + rng.randrange(3)
            sent += len(expected)
            flits += expected
        vectors.append((mask, sent))
    return program, flits, vectors


async def played_streams(dut, **conditions):
    system = await System().start(dut, **conditions)
    rng = system.bench.random
    for _ in range(4):
        program, flits, vectors = random_round(system, rng)
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
    """Cycles of a played vector and of an inline one behind it, in closed form: a memory that is always ready, a queue of seven words or more."""
    system = await System().start(dut)
    rng, chip, base = system.bench.random, system.chip, region_bases(system)[0]
    latency, depth = chip.memory_latency_cycles, chip.inject_queue_depth
    words, played = packet_words(rng, 7, 0)
    after, inline = vector_program(rng, 7, 0, 0)
    system.load(base, words)
    await system.run_with([(0, 2)], [], [FLIT.pack(kind=Kind.END)], [*begin_words(7, 0), *play_words(rng, base), *after], ends=1)
    assert [flit for _, flit in system.checker.injected] == played + inline
    if depth < 7:
        return
    pop = latency + 5  # BEGIN, mask, OPEN, PLAY, address
    drained = pop + 2  # the last of seven words came in the cycle after the address
    first = drained + 1 + latency + 1  # request, answer, packet
    last_request = min(drained + depth, first)
    second = max(first + 1, last_request + latency + 1) + 1 + latency + 4  # drained; request, answer, BEGIN, mask, OPEN, packet
    assert [cycle for cycle, _ in system.checker.injected] == [first, second]


@cocotb.test()
async def stored_addresses_wrap(dut):
    """At the end of the address space a stream goes on at 0."""
    system = await System().start(dut)
    rng, last = system.bench.random, region_words(system.chip) - 2
    await system.configure([store_entry(0, last), room_entry(0, last + 1)])
    output = [*random_output(rng, 5, 1, tags=[0]), *random_output(rng, 2, 1, tags=[0])]
    await system.run_with([], output, [], [], ends=2)
    places = (last, last + 1, 0, 1, 2, last - 1, last)  # the second vector begins three words before the first
    assert [system.memory.words[where] for where in places[1:]] == [event_word(flit) for flit in output[1:]]
    whole = [event_word(flit) for flit in output[:5]]
    for index, word in enumerate(whole):
        system.load((system.chip.memory_words - 2 + index) % system.chip.memory_words, [word])
    program = [*begin_words(0, 0), *play_words(rng, system.chip.memory_words - 2)]
    await system.run_with([(0, 5)], [], [FLIT.pack(kind=Kind.END, tag=1)], program, ends=1)
    assert [flit for _, flit in system.checker.injected] == output[:5]


async def round_trips(dut, **conditions):
    """What one run stores, the next one plays: the same packets, on the streams that its program names, vectors in any order and in pieces."""
    system = await System().start(dut, **conditions)
    rng, bases, room = system.bench.random, region_bases(system), 13
    for _ in range(2):
        await system.configure(
            [entry for tag, base in enumerate(bases) for entry in (store_entry(tag, base), room_entry(tag, room))]
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
        stored = [(bases[tag] + number * room, vector) for tag, own in enumerate(sent) for number, vector in enumerate(own)]
        rng.shuffle(stored)
        while stored:
            new_tag, mask = rng.getrandbits(TAG_BITS), rng.randrange(1 << system.chip.slots)
            pieces = [stored.pop() for _ in range(rng.randint(1, len(stored)))]
            program += begin_words(new_tag, mask)
            for number, (place, vector) in enumerate(pieces, 1):
                program += play_words(rng, place, more=int(number < len(pieces)))
                flits += [FLIT.pack(**{**FLIT.unpack(flit), "tag": new_tag}) for flit in vector]
            vectors.append((mask, sum(len(vector) for _, vector in pieces)))
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
    """A run that ends at any time of a played vector leaves nothing behind."""
    system = await System().start(dut, busy=0.2, jitter=4, stall=0.2, idle=0.9)
    rng, base = system.bench.random, REGION_BASE
    system.load(base, [word for _ in range(100) for word in packet_words(rng, 0, 2)[0]])
    plays = 0
    for _ in range(30):
        places = [base + rng.randrange(297) for _ in range(40)]
        program = [
            word
            for first, second in zip(places[::2], places[1::2], strict=True)
            for word in (*begin_words(3, 0), *play_words(rng, first, more=1), *play_words(rng, second))
        ]
        await system.run_with([], random_output(rng, rng.randint(1, 8), 1, tags=[255]), [], program, ends=1)
        plays += system.checker.injection.turns
    assert plays > 10
    words, flits = vector_program(rng, 5, 0, 10)
    played, more = packet_words(rng, 5, 3)
    system.load(base, played)
    vectors = [(0, len(flits)), (0, len(more))]
    program = [*words, *begin_words(5, 0), *play_words(rng, base)]
    await system.run_with(vectors, [], [FLIT.pack(kind=Kind.END)], program, ends=1)
    assert [flit for _, flit in system.checker.injected] == flits + more


async def beside_runs(dut, entries, **conditions):
    """The same run, alone and beside a configuration: no packet is a cycle later; and the configuration does all that it should."""
    system = await System().start(dut, **conditions)
    rng, chip, bases = system.bench.random, system.chip, region_bases(system)
    repeat = Repeat(system)
    system.bench.agents.insert(0, repeat)
    for count in entries:
        program, flits, vectors = random_round(system, rng)
        places = [store_entry(tag, base, 0) for tag, base in enumerate(bases)]
        places += [store_entry(0, REGION_BASE - REGION_WORDS), room_entry(0, 100)]
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
    stored = 0
    for _ in range(6):
        program, _, _ = random_round(system, rng)
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
