"""The link in hardware over its serial line: what it answers, what it ignores, what it does to memory and registers."""

import json
import os

import cocotb
from link_model import FAULT, OK, REFUSED, BoardModel, SerialHost, on_the_line, parse_answers, read_content, request, write_content
from main_memory import MainMemory
from shiftfire_hw.testing.streams import Bench
from shiftfire_spec import soc
from shiftfire_spec.address import CONTROL_CLEAR, CONTROL_CONFIGURE, IO_REGISTER_INDEX, IO_REGISTERS, STATUS_INTERRUPT
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fingerprint import contract_fingerprint
from shiftfire_spec.image import chip_digest
from shiftfire_spec.link import LINK_ESCAPE, LINK_FLAG, LINK_MAX_WORDS, LinkOp
from shiftfire_spec.soc import REGION, REGIONS, UART_LEAST_DIVISOR, register_address

CHIP = ChipConfig(**json.loads(os.environ["BENCH_CHIP"]))
WORDS = int(os.environ["BENCH_MEMORY_WORDS"])
THOROUGH = bool(int(os.environ["BENCH_THOROUGH"]))
LATENCY = CHIP.memory_latency_cycles
BASE = REGION["MEMORY"].base
END = BASE + 4 * WORDS
BYTE_CYCLES = 10 * UART_LEAST_DIVISOR
QUIET = 6 * BYTE_CYCLES  # without a byte: nothing more comes
PATIENCE = 3000  # until an answer begins: the largest request on a memory that is busy now and then


class Link:
    """Sends requests, and expects what the model says."""

    def __init__(self, bench, memory, line):
        self.bench, self.memory, self.line = bench, memory, line
        self.board = BoardModel(WORDS)
        self.sequence = bench.random.randrange(256)

    async def exchange(self, data, *, wait=PATIENCE):
        """Bytes that come back for bytes that are sent; ``wait`` cycles for the first of them."""
        self.line.send(data)
        quiet = 0
        while quiet < (QUIET if self.line.heard else wait):
            before = len(self.line.heard)
            await self.bench.cycle()
            busy = self.line.elapsed < len(self.line.levels) or self.line.frame or len(self.line.heard) > before
            quiet = 0 if busy else quiet + 1
        heard = bytes(self.line.heard)
        self.line.heard.clear()
        return heard

    async def ask(self, op, content=b"", *, sequence=None):
        """(status, words) of a request."""
        self.sequence = (self.sequence + 1) % 256 if sequence is None else sequence
        ((again, status, words),) = parse_answers(await self.exchange(on_the_line(request(self.sequence, op, content))))
        assert again == self.sequence
        return status, words

    async def expect(self, op, content=b"", *, sequence=None):
        """A request of main memory answered as by the model; returns its status."""
        status, words = await self.ask(op, content, sequence=sequence)
        assert (self.sequence, status, words) == self.board.serve(self.sequence, op, content)
        assert {BASE + 4 * n: word for n, word in self.memory.words.items()} == self.board.words
        return status

    async def read(self, address, words=1):
        status, found = await self.ask(LinkOp.READ, read_content(address, words))
        assert status == OK, hex(address)
        return found[0] if words == 1 else found

    async def write(self, address, *words):
        assert await self.ask(LinkOp.WRITE, write_content(address, words)) == (OK, []), hex(address)

    async def system(self, name, data=None):
        return await self._register(register_address("SYSTEM", name), data)

    async def fabric(self, name, data=None):
        return await self._register(REGION["FABRIC"].base + 4 * IO_REGISTER_INDEX[name], data)

    async def _register(self, address, data):
        return await self.read(address) if data is None else await self.write(address, data)


async def start(dut):
    bench = Bench(dut)
    dut.rx.value = 1
    memory = bench.add(MainMemory(bench, size=WORDS, latency=LATENCY))
    line = bench.add(SerialHost(bench, UART_LEAST_DIVISOR))
    await bench.start()
    return bench, Link(bench, memory, line)


def words_of(bench, count):
    """Words with many FLAGs and ESCAPEs in them."""
    return [
        int.from_bytes(
            bytes(bench.random.choice((LINK_FLAG, LINK_ESCAPE, bench.random.randrange(256))) for _ in range(4)), "little"
        )
        for _ in range(count)
    ]


@cocotb.test()
async def words_of_main_memory(dut):
    """Requests of every size at every edge, with a memory that is busy now and then."""
    bench, link = await start(dut)
    link.memory.stall = 0.3
    for count in (1, 2, LINK_MAX_WORDS) if THOROUGH else (1, LINK_MAX_WORDS):
        for address in (BASE, END - 4 * count) if THOROUGH else (END - 4 * count,):
            assert await link.expect(LinkOp.WRITE, write_content(address, words_of(bench, count))) == OK
            assert await link.expect(LinkOp.READ, read_content(address, count)) == OK
    assert await link.expect(LinkOp.WRITE, write_content(END - 8, [1, 2, 3])) == FAULT, "the words that exist are written"
    assert await link.expect(LinkOp.READ, read_content(END - 8, 3)) == FAULT
    assert await link.expect(LinkOp.READ, read_content(END - 8, 2)) == OK


@cocotb.test()
async def what_is_refused(dut):
    _, link = await start(dut)
    assert await link.expect(LinkOp.READ, read_content(BASE, LINK_MAX_WORDS + 1)) == REFUSED
    assert await link.expect(LinkOp.READ, read_content(BASE, 255)) == REFUSED
    assert await link.expect(LinkOp.READ, read_content(BASE, 0)) == REFUSED
    for op in (0, LinkOp.IMAGE, 4, LinkOp.READ | 128, 255) if THOROUGH else (LinkOp.IMAGE,):
        for content in (b"", write_content(BASE, [7]), read_content(BASE, 1)):
            assert await link.expect(op, content) == REFUSED
    for op, fits in ((LinkOp.READ, (5,)), (LinkOp.WRITE, (8, 12))):
        for length in range(13) if THOROUGH else (0, 4, 5, 6, 8, 9):
            content = (write_content(BASE, [1, 0]) + bytes(4))[:length]
            assert await link.expect(op, content) == (OK if length in fits else REFUSED)
    for offset in (1, 2, 3):
        assert await link.expect(LinkOp.READ, read_content(BASE + offset, 1)) == REFUSED
        assert await link.expect(LinkOp.WRITE, write_content(BASE + offset, [1])) == REFUSED


@cocotb.test()
async def broken_frames_are_not_answered(dut):
    bench, link = await start(dut)
    assert await link.expect(LinkOp.READ, read_content(BASE, 1)) == OK
    good = request(link.sequence + 1 & 255, LinkOp.WRITE, write_content(BASE, [0x11223344]))
    flag, escape = bytes([LINK_FLAG]), bytes([LINK_ESCAPE])
    line = on_the_line(good)
    broken = [good[:length] for length in range(0, len(good), 1 if THOROUGH else 4)] + [good + b"\0", good[1:], b"\0" + good]
    for place in range(0, len(good), 1 if THOROUGH else 3):
        broken.append(good[:place] + bytes([good[place] ^ 1 << bench.random.randrange(8)]) + good[place + 1 :])
    lines = [on_the_line(frame) for frame in broken]
    lines += [line[:-1] + escape + flag, line[:3] + flag + line[3:], flag * 3, escape + flag, bytes(range(0x70, 0x90)) + flag]
    too_long = request(1, LinkOp.WRITE, write_content(BASE, [5] * (LINK_MAX_WORDS + 1)))
    lines += [on_the_line(too_long), on_the_line(too_long[:1]) + bytes(700) + flag]
    lines += [on_the_line(request(1, LinkOp.WRITE, write_content(BASE, [5] * LINK_MAX_WORDS) + b"\0"))]
    for data in lines:
        link.line.send(data)
    link.line.send(line[:5])
    link.line.send(line[5:6], stop=0)  # a byte without stop bit
    link.line.send(line[6:])
    assert await link.exchange(b"") == b"" and not link.memory.words
    assert parse_answers(await link.exchange(line)) == [(good[0], OK, [])]
    assert link.memory.words == {0: 0x11223344}
    for extra in (flag + b"noise" + flag, escape):  # what stands before a frame, up to its FLAG
        link.sequence += 1
        frame = request(link.sequence & 255, LinkOp.READ, read_content(BASE, 1))
        assert parse_answers(await link.exchange(extra + on_the_line(frame))) == [(frame[0], OK, [0x11223344])]


@cocotb.test()
async def repetitions(dut):
    """A WRITE takes effect once; a READ is carried out again."""
    _, link = await start(dut)
    assert await link.expect(LinkOp.WRITE, write_content(BASE, [5]), sequence=0) == OK, "the first of all is no repetition"
    await link.expect(LinkOp.READ, read_content(BASE, 1), sequence=7)
    for sequence in (8, 9, 8):
        for value in (sequence, 1000, 1001):
            assert await link.expect(LinkOp.WRITE, write_content(BASE, [value]), sequence=sequence) == OK
        assert link.board.words[BASE] == sequence
    assert await link.expect(LinkOp.WRITE, write_content(BASE + 1, [5]), sequence=20) == REFUSED
    assert await link.expect(LinkOp.WRITE, write_content(BASE, [5]), sequence=20) == REFUSED
    assert await link.expect(LinkOp.WRITE, write_content(END, [5]), sequence=21) == FAULT
    assert await link.expect(LinkOp.WRITE, write_content(BASE, [5]), sequence=21) == FAULT
    assert await link.expect(LinkOp.WRITE, write_content(BASE, [6]), sequence=22) == OK
    link.memory.words[0] = 66
    link.board.words[BASE] = 66
    for _ in range(2):
        assert await link.expect(LinkOp.READ, read_content(BASE, 1), sequence=22) == OK
    assert await link.expect(LinkOp.WRITE, write_content(BASE, [67]), sequence=22) == OK
    assert link.board.words[BASE] == 66, "the sequence number of the last request, whatever that was"


@cocotb.test()
async def random_traffic(dut):
    bench, link = await start(dut)
    rng = bench.random
    link.memory.stall = 0.2
    for _ in range(200 if THOROUGH else 10):
        near = rng.choice((BASE, END - 16, END)) + 4 * rng.randrange(-3, 4) + rng.choice((0, 0, 0, 0, 1, 2))
        count = rng.choice((0, 1, 2, 3, 5))
        if rng.random() < 0.5:
            op, content = LinkOp.WRITE, write_content(near, words_of(bench, count))
        else:
            op, content = LinkOp.READ, read_content(near, count)
        if rng.random() < 0.1:
            op = rng.randrange(256)
        if rng.random() < 0.1:
            content = content[: rng.randrange(len(content) + 1)]
        if rng.random() < 0.2:
            frame = bytearray(on_the_line(request(link.sequence, op, content)))
            frame[rng.randrange(1, len(frame) - 1)] ^= 1 << rng.randrange(8)
            if LINK_FLAG not in frame[1:-1]:
                assert await link.exchange(bytes(frame), wait=QUIET) == b""
        again = rng.random() < 0.2
        await link.expect(op, content, sequence=link.sequence if again else None)


@cocotb.test()
async def registers(dut):
    bench, link = await start(dut)
    known = {
        ("FABRIC", "FINGERPRINT"): contract_fingerprint(),
        ("FABRIC", "CHIP"): CHIP.width | CHIP.height << 8,
        ("SYSTEM", "CHIP_DIGEST"): chip_digest(CHIP),
        ("SYSTEM", "CLOCK_KHZ"): round(CHIP.clock_mhz * 1000),
        ("SYSTEM", "MEMORY_WORDS"): WORDS,
    }
    for block, table in (("FABRIC", IO_REGISTERS), ("SYSTEM", soc.SYSTEM_REGISTERS)):
        base = REGION[block].base
        written = [bench.random.getrandbits(32) if r.access == "rw" else 0 for r in table]
        for register, data in zip(table, written, strict=True):
            if register.access != "wo":
                await link.write(base + 4 * register.index, data)
        found = await link.read(base, len(table) + 1)
        expected = [
            written[r.index] if r.access == "rw" else known.pop((block, r.name), 0) if r.access == "ro" else 0 for r in table
        ]
        assert found == [*expected, 0]
    assert not known
    exist = ("MEMORY", "FABRIC", "SYSTEM")
    edges = {r.base for r in REGIONS} | {r.base + r.size for r in REGIONS} | {END}
    places = sorted({e - 4 for e in edges} | edges)
    for address in places if THOROUGH else places[:: len(places) // 4]:
        if 0 <= address < 1 << 32:
            region = next((r for r in REGIONS if r.base <= address < r.base + r.size), None)
            inside = region is not None and region.name in exist and (region.name != "MEMORY" or address < END)
            assert (await link.ask(LinkOp.READ, read_content(address, 1)))[0] == (OK if inside else FAULT), hex(address)
    assert await link.system("FAULT") == 0


@cocotb.test()
async def the_fabric_works_and_does_not_feel_the_link(dut):
    bench, link = await start(dut)
    entries = 600
    link.memory.words = {n: bench.random.getrandbits(31) for n in range(2 * entries)}  # bit 31 of an address would read
    await link.fabric("CONFIG_COUNT", entries)
    for _ in range(2):
        await link.fabric("CONTROL", 1 << CONTROL_CONFIGURE)
        while not (await link.fabric("STATUS")) >> STATUS_INTERRUPT & 1:
            place = bench.random.randrange(2000, 2010)
            await link.write(BASE + 4 * place, place)
            assert await link.read(BASE + 4 * place) == place
        assert await link.fabric("CONFIG_CYCLES") == 2 * entries + LATENCY + 1 + 2
        await link.fabric("CONTROL", 1 << CONTROL_CLEAR)


@cocotb.test()
async def faults_of_the_fabric(dut):
    _, link = await start(dut)
    await link.fabric("CONFIG_BASE", WORDS - 3)
    await link.fabric("CONFIG_COUNT", 1 << 20)
    await link.fabric("CONTROL", 1 << CONTROL_CONFIGURE)
    assert await link.system("FAULT") == 1 << soc.FAULT_DMA
    assert await link.system("DMA_ADDRESS") == WORDS
    assert await link.fabric("STATUS") & 1
    await link.system("FABRIC_RESET", 1)
    await link.system("CLEAR", 1)
    assert await link.system("RESETTING") == await link.fabric("STATUS") == await link.system("FAULT") == 0
