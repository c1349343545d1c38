"""The link as a host and a board should play it, from the contract's words; and the two ends of a serial line."""

import struct
import zlib

from shiftfire_hw.testing.streams import value
from shiftfire_spec.link import LINK_ESCAPE, LINK_ESCAPE_BIT, LINK_FLAG, LINK_MAX_WORDS, LinkOp, LinkStatus
from shiftfire_spec.soc import REGION

OK, REFUSED, FAULT = LinkStatus.OK, LinkStatus.REFUSED, LinkStatus.FAULT


def sealed(body):
    """A frame's bytes with their CRC."""
    return bytes(body) + struct.pack("<I", zlib.crc32(bytes(body)))


def escaped(frame):
    """Bytes as they are on the line between two FLAGs."""
    line = bytearray()
    for byte in frame:
        line += bytes([LINK_ESCAPE, byte ^ LINK_ESCAPE_BIT]) if byte in (LINK_FLAG, LINK_ESCAPE) else bytes([byte])
    return bytes(line)


def on_the_line(frame):
    return bytes([LINK_FLAG]) + escaped(frame) + bytes([LINK_FLAG])


def request(sequence, op, content=b""):
    return sealed(bytes([sequence, op]) + content)


def read_content(address, words):
    return struct.pack("<IB", address, words)


def write_content(address, words):
    return struct.pack(f"<I{len(words)}I", address, *words)


def parse_answers(line):
    """[(sequence, status, words)] of what a board sent; every byte is accounted for."""
    assert line.startswith(bytes([LINK_FLAG])) and line.endswith(bytes([LINK_FLAG])), line
    answers = []
    for part in line.split(bytes([LINK_FLAG])):
        if not part:
            continue
        frame, rest = bytearray(), iter(part)
        for byte in rest:
            frame.append(next(rest) ^ LINK_ESCAPE_BIT if byte == LINK_ESCAPE else byte)
        assert escaped(frame) == part, "escapes where none belong"
        body = bytes(frame[:-4])
        assert sealed(body) == bytes(frame)
        answers.append((body[0], body[1], list(struct.unpack(f"<{len(body[2:]) // 4}I", body[2:]))))
    return answers


class BoardModel:
    """What a board with main memory alone answers."""

    def __init__(self, words):
        self.size, self.words, self.last = words, {}, (None, None)

    def _exists(self, address):
        return REGION["MEMORY"].base <= address < REGION["MEMORY"].base + 4 * self.size

    def serve(self, sequence, op, content):
        """(sequence, status, words)."""
        if op == LinkOp.WRITE and sequence == self.last[0]:
            return sequence, self.last[1], []
        status, words = self._carry_out(op, content)
        self.last = sequence, status
        return sequence, status, words

    def _carry_out(self, op, content):
        if op == LinkOp.READ and len(content) == 5:
            address, count = struct.unpack("<IB", content)
            if address % 4 or not 1 <= count <= LINK_MAX_WORDS:
                return REFUSED, []
            places = [address + 4 * n for n in range(count)]
            if not all(map(self._exists, places)):
                return FAULT, []
            return OK, [self.words.get(place, 0) for place in places]
        if op == LinkOp.WRITE and len(content) >= 8 and not len(content) % 4:
            address, *words = struct.unpack(f"<{len(content) // 4}I", content)
            if address % 4:
                return REFUSED, []
            for n, word in enumerate(words):
                if not self._exists(address + 4 * n):
                    return FAULT, []
                self.words[address + 4 * n] = word
            return OK, []
        return REFUSED, []


class SerialHost:
    """The host's end of the line: sends ``queue``, collects ``heard``; the board's line is checked in every cycle."""

    def __init__(self, bench, divisor):
        self.bench, self.divisor, self.levels, self.heard = bench, divisor, [], bytearray()
        self.frame, self.elapsed = [], 0

    def send(self, data, *, stop=1):
        for byte in data:
            for bit in (0, *(byte >> i & 1 for i in range(8)), stop, *(() if stop else (1,))):
                self.levels += [bit] * self.divisor

    def drive(self):
        if len(self.levels) > self.elapsed:
            self.bench.dut.rx.value = self.levels[self.elapsed]
            self.elapsed += 1
        else:
            self.bench.dut.rx.value = 1
            self.levels, self.elapsed = [], 0

    def observe(self):
        level = value(self.bench.dut.tx)
        if not self.frame and level:
            return
        self.frame.append(level)
        if len(self.frame) == 10 * self.divisor:
            bits = [set(self.frame[i * self.divisor : (i + 1) * self.divisor]) for i in range(10)]
            assert all(len(bit) == 1 for bit in bits) and bits[0] == {0} and bits[9] == {1}
            self.heard.append(sum(bit.pop() << i for i, bit in enumerate(bits[1:9])))
            self.frame = []
