"""The I/O tile against the model of its documented cycle rules, and against what a run and a configuration promise."""

import cocotb
from io_stimuli import odd_word, play_words, random_image, random_output, vector_program, wait_words
from io_system import COLLECT_BASE, CONFIG_BASE, CONFIGURE, READ_BASE, RUN, System
from shiftfire_spec import address
from shiftfire_spec.fingerprint import contract_fingerprint
from shiftfire_spec.inject import INJECT_BEGIN, INJECT_EVENT, InjectOp
from shiftfire_spec.packet import FLIT, Kind


async def random_runs(dut, **conditions):
    system = await System().start(dut, **conditions)
    rng = system.bench.random
    for _ in range(3):
        words, flits, vectors = [], [], []
        for _ in range(rng.randint(2, 6)):
            mask = rng.randrange(1 << system.chip.slots)
            more, expected = vector_program(rng, rng.getrandbits(8), mask, rng.choice((0, 1, 3, 20)))
            words, flits = words + more, flits + expected
            vectors.append((mask, len(expected)))
        output = random_output(rng, 60, 4)
        await system.run_with(vectors, output[:40], output[40:], words, ends=4)
        assert [flit for _, flit in system.checker.injected] == flits
        assert [flit for _, flit in system.checker.collected] == output
        assert system.records(len(output)) == system.checker.collected


@cocotb.test()
async def runs(dut):
    await random_runs(dut)


@cocotb.test()
async def runs_with_busy_mesh(dut):
    await random_runs(dut, stall=0.4, idle=0.5)


@cocotb.test()
async def runs_with_busy_memory(dut):
    await random_runs(dut, busy=0.3, jitter=5, stall=0.3, idle=0.3)


@cocotb.test()
async def drained_runs(dut):
    """Words that are left when the last END is done are played before the run ends, on a tile of a chip with feedback; others do not wait."""
    system = await System().start(dut, busy=0.2, jitter=3, stall=0.3, idle=0.3)
    rng, waited = system.bench.random, 0
    for extra in range(6):
        words, flits = vector_program(rng, rng.getrandbits(8), 0, rng.choice((0, 3, 30)))
        output = [*random_output(rng, 8 * extra, 2), FLIT.pack(kind=Kind.END)]
        await system.run_with([], [], output, words, ends=3, drain=True)
        await system.run_with([(0, len(flits))], output, [], words, ends=3, drain=True)
        sent = [flit for _, flit in system.checker.injected]
        assert sent == flits if system.chip.feedback else sent == flits[: len(sent)]
        waited += system.checker.waited
    assert (waited > 20) == system.chip.feedback
    await system.run_with([], [], [FLIT.pack(kind=Kind.END)], [], ends=1)  # the bit is of one run
    assert not system.checker.drains and not system.checker.waited


@cocotb.test()
async def overflow(dut):
    """Packets past the limit are counted, not stored, and the next run starts clean."""
    system = await System().start(dut)
    for room in (10, 0, system.chip.memory_words - 1):
        system.memory.words.clear()
        output = random_output(system.bench.random, 30, 2)
        await system.run_with([], [], output, [], ends=2, room=room)
        stored = min(room, len(output))
        assert system.checker.collection.overflow == (room < len(output))
        assert await system.host.read("COLLECT_COUNT") == len(output)
        assert system.records(stored) == system.checker.collected[:stored]
        assert set(system.memory.words) == set(range(COLLECT_BASE, COLLECT_BASE + 2 * stored))


@cocotb.test()
async def ends_early(dut):
    """A run that ends with words still in flight leaves nothing behind for the next."""
    system = await System().start(dut, stall=1.0)
    rng = system.bench.random
    words, _ = vector_program(rng, 3, 0, 40)
    for extra in range(5):
        await system.run_with([], [], [FLIT.pack(kind=Kind.END)] * (extra + 1), words, ends=extra + 1)
        assert not system.checker.injected
    system.to_mesh.stall = 0.0
    words, flits = vector_program(rng, 5, 0, 10)
    await system.run_with([(0, len(flits))], [], [FLIT.pack(kind=Kind.END)], words, ends=1)
    assert [flit for _, flit in system.checker.injected] == flits


@cocotb.test()
async def odd_programs(dut):
    """Words out of place are dropped, whatever the mesh does; no END wanted: the run takes one cycle."""
    system = await System().start(dut, stall=0.6)
    rng = system.bench.random
    words, flits = vector_program(rng, 3, 0, 6)
    words = [0, 1, 3, *words[:5], 2, 6, *words[5:]]
    await system.run_with(
        [(0, len(flits))], [], [FLIT.pack(kind=Kind.CREDIT, payload=255), FLIT.pack(kind=Kind.END)], words, ends=1
    )
    assert [flit for _, flit in system.checker.injected] == flits
    await system.run(words, ends=0)
    assert await system.host.read("CYCLES") == 1


@cocotb.test()
async def storm(dut):
    """Any words and any packets at any time, CREDITs for slots that are just being cleared included: the rules hold all the same."""
    system = await System().start(dut, stall=0.2)
    rng, chip = system.bench.random, system.chip
    slots = chip.slots
    system.load(0, [rng.getrandbits(32) for _ in range(CONFIG_BASE)])  # what PLAY words come upon
    injected = 0
    for _ in range(4):
        words = []
        for _ in range(60):
            words += [INJECT_BEGIN.pack(op=InjectOp.BEGIN, tag=rng.getrandbits(8)), 1 << rng.randrange(slots)]
            words += [odd_word(rng, rng.choice((0, 0, 1, 2))) for _ in range(rng.randrange(4))]
            words += wait_words(rng, rng.randrange(1000)) if chip.timed_inputs and rng.random() < 0.3 else []
            words += play_words(rng, rng.randrange(CONFIG_BASE // 2), more=rng.getrandbits(1)) if rng.random() < 0.3 else []
            words.append(INJECT_EVENT.pack(op=InjectOp.END))
        credits = [FLIT.pack(kind=Kind.CREDIT, payload=rng.randrange(slots if rng.random() < 0.8 else 256)) for _ in range(1500)]
        output = random_output(rng, 100, 5)
        spread = sorted([*((rng.random(), flit) for flit in credits), *((rng.random(), flit) for flit in output[:-1])])
        await system.run_with([], [flit for _, flit in spread] + output[-1:], [], words, ends=5)
        injected += len(system.checker.injected)
    assert injected > 160  # 110 a run, but for a rare one whose wait or PLAY takes nearly all of it


def timed_program(rng, mask, most):
    """A vector with waits before it, within it and behind it; the program, the flits, and the first cycle that each may go in."""
    words, flits = vector_program(rng, rng.getrandbits(8), mask, rng.choice((0, 1, 3, 20)))
    program, least, since = [], [], 0
    for number, word in enumerate([words[:2], *([word] for word in words[2:]), []]):
        if rng.random() < 0.4:
            until = rng.choice((0, rng.randrange(most), rng.randrange(most)))
            program, since = [*program, *wait_words(rng, until)], max(since, until + 1)
        program += word
        least += [since] if 0 < number <= len(flits) else []
    return program, flits, least


async def timed_runs(dut, **conditions):
    """Waits anywhere: packets and their order are as without, and none goes too early."""
    system = await System().start(dut, **conditions)
    rng, waited = system.bench.random, 0
    for most in (40, 400, 4000) if system.chip.timed_inputs else ():
        words, flits, vectors, least = [], [], [], []
        for _ in range(rng.randint(6, 10)):
            mask = rng.randrange(1 << system.chip.slots)
            more, expected, since = timed_program(rng, mask, most)
            words, flits, least = words + more, flits + expected, least + since
            vectors.append((mask, len(expected)))
        output = random_output(rng, 60, 4)
        await system.run_with(vectors, output[:40], output[40:], words, ends=4, drain=rng.random() < 0.5)
        assert [flit for _, flit in system.checker.injected] == flits
        assert all(cycle >= since for (cycle, _), since in zip(system.checker.injected, least, strict=True))
        waited += system.checker.injection.waited
    assert waited > 100 or not system.chip.timed_inputs


@cocotb.test()
async def timed(dut):
    await timed_runs(dut)


@cocotb.test()
async def timed_with_busy_memory_and_mesh(dut):
    await timed_runs(dut, busy=0.3, jitter=5, stall=0.3, idle=0.3)


@cocotb.test()
async def cycles_of_waits(dut):
    """In closed form, a memory that is always ready: packets go in the cycle after the one waited for, a time that is over costs two cycles; others have no such bit."""
    system = await System().start(dut)
    rng, chip, far = system.bench.random, system.chip, 300
    words, flits = vector_program(rng, 7, 0, 2)
    first, second, end = words[2:]
    program = [*wait_words(rng, far), *words[:2], first, *wait_words(rng, 2 * far), second, *wait_words(rng, 3), end]
    if not chip.timed_inputs:
        return
    await system.run_with([(0, 3)], [], [FLIT.pack(kind=Kind.END)], program, ends=1)
    assert [flit for _, flit in system.checker.injected] == flits
    if chip.inject_queue_depth < 8:
        return
    assert [cycle for cycle, _ in system.checker.injected] == [
        far + 4,
        2 * far + 1,
        2 * far + 4,
    ]  # BEGIN, mask, OPEN; at once; two words


async def random_images(dut, **conditions):
    system = await System().start(dut, **conditions)
    chip = system.chip
    for entries, reads in ((0, 0.0), (1, 0.0), (1, 1.0), (2, 0.0), (150, 0.0), (150, 0.3), (100, 1.0)):
        system.chain.words.clear()
        system.chain.writes.clear()
        image, writes, values = random_image(system.bench.random, chip.tiles, entries, reads)
        cycles = await system.configure(image)
        in_order = [[write for write in system.chain.writes if write[0] == tile] for tile in range(chip.tiles)]
        assert in_order == [[write for write in writes if write[0] == tile] for tile in range(chip.tiles)]
        assert [system.memory.words[READ_BASE + index] for index in range(len(values))] == values
        if not conditions and reads == 0.0:
            assert cycles == (2 * entries + chip.memory_latency_cycles + chip.tiles + 2 if entries else 1)


@cocotb.test()
async def images(dut):
    await random_images(dut)


@cocotb.test()
async def images_with_busy_memory(dut):
    await random_images(dut, busy=0.4, jitter=30)


@cocotb.test()
async def registers(dut):
    system = await System().start(dut)
    rng, host, chip = system.bench.random, system.host, system.chip
    assert await host.read("FINGERPRINT") == contract_fingerprint()
    assert await host.read("CHIP") == chip.width | chip.height << 8
    values = {r.name: rng.randrange(chip.memory_words) for r in address.IO_REGISTERS if r.access == "rw"}
    await host.setup(**values)
    before = {r.name: await host.read(r.name) for r in address.IO_REGISTERS if r.access == "ro"}
    for name in before:
        await host.write(name, rng.getrandbits(32))
    assert {name: await host.read(name) for name in values} == values
    assert {name: await host.read(name) for name in before} == before


@cocotb.test()
async def commands_while_busy(dut):
    """Neither bit starts anything while a configuration, a run, or what is left of either keeps the tile busy."""
    system = await System().start(dut)
    image, writes, _ = random_image(system.bench.random, system.chip.tiles, 20, 0.0)
    system.load(CONFIG_BASE, [word for entry in image for word in entry])
    await system.host.setup(CONFIG_BASE=CONFIG_BASE, CONFIG_COUNT=len(image), READ_BASE=READ_BASE)
    await system.host.setup(INJECT_BASE=0, INJECT_COUNT=0, COLLECT_BASE=0, COLLECT_LIMIT=1, COLLECT_ENDS=1)
    for command in (CONFIGURE, RUN, CONFIGURE | RUN):
        system.chain.writes.clear()
        await system.host.write("CONTROL", command)
        for other in (RUN, CONFIGURE, CONFIGURE | RUN):
            await system.host.write("CONTROL", other)
        assert system.checker.run == bool(command & RUN)
        system.from_mesh.queue.extend([FLIT.pack(kind=Kind.END)] * system.checker.run)
        await system.finish(500)
        assert len(system.chain.writes) == (len(writes) if command & CONFIGURE else 0)
        await system.bench.cycle(20)
        assert not system.checker.run and system.checker.configuration is None
