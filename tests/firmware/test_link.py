"""The firmware's link server against mocked registers: what every request is answered, and that nothing else is."""

from __future__ import annotations

import binascii
import ctypes
import random
import struct
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from shiftfire_spec.soc import (
    BLOCKS,
    REGION,
    UART_RECEIVE_VALID,
    UART_STATUS_ROOM,
)

FLAG, ESCAPE, TURN = 0x7E, 0x7D, 0x20
READ, WRITE, IMAGE = 1, 2, 3
OK, REFUSED, FAULT = 0, 1, 2
TRAPPED = 15  # of enum sf_status
MEMORY, FABRIC, SYSTEM = REGION["MEMORY"].base, REGION["FABRIC"].base, REGION["SYSTEM"].base
MEMORY_WORDS = 100
RUNNER = ctypes.CFUNCTYPE(ctypes.c_int)
_sequences = count(1)  # the server, like a board, lives on from test to test


def register(block: str, name: str) -> tuple[int, int]:
    return REGION[block].base, next(r.index for r in BLOCKS[block] if r.name == name)


def stuffed(body: bytes) -> bytes:
    return body.replace(b"\x7d", b"\x7d\x5d").replace(b"\x7e", b"\x7d\x5e")


def framed(body: bytes) -> bytes:
    """A frame around sequence number, code and content."""
    return b"\x7e" + stuffed(body + struct.pack("<I", binascii.crc32(body))) + b"\x7e"


def request(sequence: int, operation: int, address: int | None = None, rest: bytes = b"") -> bytes:
    return framed(bytes([sequence, operation]) + (b"" if address is None else struct.pack("<I", address)) + rest)


class Server:
    """The firmware's server with a line and a SoC in Python: ``words`` by byte address."""

    def __init__(self, library: ctypes.CDLL, hardware: Any) -> None:
        self.library, self.hardware = library, hardware
        self.line: deque[int] = deque()
        self.words: dict[int, int] = {}
        self.images: list[int] = []
        self.image: Callable[[], int] = lambda: 0
        self.runner = RUNNER(self._run)
        hardware.on_read = self._read

    def _read(self, base: int, index: int) -> int:
        if (base, index) == register("UART", "RECEIVE"):
            return self.line.popleft() | 1 << UART_RECEIVE_VALID if self.line else 0
        if (base, index) == register("UART", "STATUS"):
            return 1 << UART_STATUS_ROOM
        if (base, index) == register("SYSTEM", "MEMORY_WORDS"):
            return MEMORY_WORDS
        return self.words.get(base + 4 * index, 0)

    def _run(self) -> int:
        self.images.append(1)
        return self.image()

    def send(self, data: bytes) -> bytes:
        """What it sends when these bytes come."""
        start = len(self.hardware.log)
        self.line.extend(data)
        for _ in range(len(data) + 2):
            self.library.link_poll(self.runner)
        log = self.hardware.log[start:]
        for base, index, value in log:
            if base != REGION["UART"].base:
                self.words[base + 4 * index] = value
        return bytes(value for base, index, value in log if (base, index) == register("UART", "TRANSMIT"))

    def ask(self, data: bytes) -> tuple[int, int, bytes]:
        """Sequence number, status and content of the one answer."""
        return answer(self.send(data))


def answer(sent: bytes) -> tuple[int, int, bytes]:
    assert sent[0] == sent[-1] == FLAG and sent.count(FLAG) == 2, sent
    body = sent[1:-1].replace(b"\x7d\x5e", b"\x7e").replace(b"\x7d\x5d", b"\x7d")
    assert struct.unpack("<I", body[-4:]) == (binascii.crc32(body[:-4]),)
    return body[0], body[1], body[2:-4]


@pytest.fixture
def server(library: ctypes.CDLL, hardware: Any) -> Server:
    return Server(library, hardware)


@pytest.fixture
def sequence() -> Iterator[int]:
    yield next(_sequences) % 256


@pytest.mark.parametrize("words", [1, 2, 63, 64])
def test_words_are_read(server: Server, sequence: int, words: int) -> None:
    values = [random.Random(words).randrange(1 << 32) for _ in range(words)]
    server.words = {MEMORY + 8 + 4 * i: value for i, value in enumerate(values)}
    assert server.ask(request(sequence, READ, MEMORY + 8, bytes([words]))) == (sequence, OK, struct.pack(f"<{words}I", *values))


@pytest.mark.parametrize("words", [1, 2, 63, 64])
def test_words_are_written(server: Server, sequence: int, words: int) -> None:
    values = [random.Random(words).randrange(1 << 32) for _ in range(words)]
    content = struct.pack(f"<{words}I", *values)
    assert server.ask(request(sequence, WRITE, MEMORY + 4, content)) == (sequence, OK, b"")
    assert server.words == {MEMORY + 4 + 4 * i: value for i, value in enumerate(values)}


def test_flag_and_escape_as_content(server: Server, sequence: int) -> None:
    value = 0x7E7D7E7D
    assert server.ask(request(sequence, WRITE, MEMORY, struct.pack("<I", value))) == (sequence, OK, b"")
    assert server.words == {MEMORY: value}
    assert server.ask(request(sequence, READ, MEMORY, b"\x01")) == (sequence, OK, struct.pack("<I", value))


def test_registers_are_reached(server: Server, sequence: int) -> None:
    server.words[FABRIC + 8] = 77
    assert server.ask(request(sequence, READ, FABRIC + 8, b"\x01")) == (sequence, OK, struct.pack("<I", 77))
    assert server.ask(request(sequence ^ 128, WRITE, SYSTEM + 24, struct.pack("<I", 5))) == (sequence ^ 128, OK, b"")
    assert server.words[SYSTEM + 24] == 5


@pytest.mark.parametrize(
    ("operation", "address", "rest"),
    [
        (READ, MEMORY, b"\x00"),
        (READ, MEMORY, b"\x41"),
        (READ, MEMORY + 2, b"\x01"),
        (READ, MEMORY, b""),
        (READ, MEMORY, b"\x01\x00"),
        (WRITE, MEMORY, b""),
        (WRITE, MEMORY, b"\x01\x02\x03"),
        (WRITE, MEMORY + 1, bytes(4)),
        (WRITE, None, b"\x01\x02"),
        (WRITE, None, b""),
        (IMAGE, MEMORY, b""),
        (0, None, b""),
        (4, MEMORY, bytes(4)),
        (255, None, b""),
    ],
)
def test_what_is_no_request_is_refused(server: Server, sequence: int, operation: int, address: int | None, rest: bytes) -> None:
    assert server.ask(request(sequence, operation, address, rest)) == (sequence, REFUSED, b"")
    assert not server.words and not server.images


@pytest.mark.parametrize(
    "address",
    [
        0,
        REGION["BOOT"].base + 64,
        REGION["UART"].base,
        0x3000_0000,
        MEMORY - 4,
        MEMORY + 4 * MEMORY_WORDS,
        MEMORY + REGION["MEMORY"].size,
        FABRIC + REGION["FABRIC"].size,
        0xFFFF_FFFC,
    ],
)
def test_what_does_not_exist_is_not_touched(server: Server, sequence: int, address: int) -> None:
    assert server.ask(request(sequence, READ, address, b"\x01")) == (sequence, FAULT, b"")
    assert server.ask(request(sequence ^ 128, WRITE, address, bytes(4))) == (sequence ^ 128, FAULT, b"")
    assert not server.words


def test_words_before_the_end_of_memory_are_written(server: Server, sequence: int) -> None:
    last = MEMORY + 4 * (MEMORY_WORDS - 2)
    assert server.ask(request(sequence, WRITE, last, struct.pack("<3I", 1, 2, 3))) == (sequence, FAULT, b"")
    assert server.words == {last: 1, last + 4: 2}
    assert server.ask(request(sequence ^ 128, READ, last, b"\x03")) == (sequence ^ 128, FAULT, b"")


def test_a_repeated_write_is_answered_but_not_carried_out(server: Server, sequence: int) -> None:
    first = request(sequence, WRITE, MEMORY, struct.pack("<I", 1))
    assert server.ask(first) == (sequence, OK, b"")
    server.words[MEMORY] = 50  # somebody else
    assert server.ask(first) == (sequence, OK, b"")
    assert server.words[MEMORY] == 50
    between = sequence ^ 128
    assert server.ask(request(between, READ, MEMORY, b"\x01")) == (between, OK, struct.pack("<I", 50))
    assert server.ask(first) == (sequence, OK, b"")  # no repetition of the last one any more
    assert server.words[MEMORY] == 1


def test_a_repeated_read_reads_again(server: Server, sequence: int) -> None:
    for value in (3, 4):
        server.words[FABRIC + 12] = value
        assert server.ask(request(sequence, READ, FABRIC + 12, b"\x01")) == (sequence, OK, struct.pack("<I", value))


def test_a_repeated_fault_is_a_fault(server: Server, sequence: int) -> None:
    bad = request(sequence, WRITE, 0, bytes(4))
    assert server.ask(bad) == server.ask(bad) == (sequence, FAULT, b"")


def test_broken_frames_are_not_answered(server: Server, sequence: int) -> None:
    """Any byte changed, lost, or cut off; then a good one is served, and takes effect once."""
    good = request(sequence, WRITE, MEMORY + 12, struct.pack("<2I", 0x01020304, 0x7E000000))
    inner = range(1, len(good) - 1)
    broken = [good[:i] + bytes([good[i] ^ 1 << bit]) + good[i + 1 :] for i in inner for bit in range(8)]
    broken += [good[:i] + good[i + 1 :] for i in inner]
    broken += [good[:i] + good[i : i + 1] + good[i:] for i in inner if good[i] != ESCAPE]  # two ESCAPEs are as good as one
    broken += [good[:i] for i in inner]
    for bad in broken:
        if bad.strip(b"\x7e") != good.strip(b"\x7e"):
            assert server.send(bad) == b"", bad.hex(" ")
    assert not server.words
    assert server.ask(b"\x7e" + good) == (sequence, OK, b"")
    assert len(server.words) == 2


@pytest.mark.parametrize(
    "noise", [b"", b"\x7d", b"\x7e\x7e\x7e", b"hello\n", bytes(range(256)) * 3, b"\x7e" + b"\x00" * 5000, b"\x7e\x01\x01"]
)
def test_noise_before_a_request(server: Server, sequence: int, noise: bytes) -> None:
    server.words[MEMORY] = 9
    assert server.ask(noise + request(sequence, READ, MEMORY, b"\x01")) == (sequence, OK, struct.pack("<I", 9))


@pytest.mark.parametrize("more", [1, 4])
def test_a_frame_that_is_too_long(server: Server, sequence: int, more: int) -> None:
    """With a right CRC, one byte or word more than there is room for."""
    assert server.send(request(sequence, WRITE, MEMORY, bytes(4 * 64 + more))) == b""
    assert not server.words


def test_two_requests_in_one_go(server: Server, sequence: int) -> None:
    both = request(sequence, WRITE, MEMORY, struct.pack("<I", 6)) + request(sequence ^ 128, READ, SYSTEM + 8, b"\x01")[1:]
    sent = server.send(both)
    parts = [b"\x7e" + part + b"\x7e" for part in sent.split(b"\x7e") if part]
    assert [answer(part) for part in parts] == [(sequence, OK, b""), (sequence ^ 128, OK, struct.pack("<I", MEMORY_WORDS))]


def test_an_image(server: Server, sequence: int) -> None:
    """Its lines, then its status and their CRC; a repetition has the answer again, without a run."""

    def run() -> int:
        server.library.print(b"run 0\nend 1\n")
        return 1

    server.image = run
    server.library.print(b"printed before\n")
    sent = server.send(request(sequence, IMAGE))
    assert sent.startswith(b"run 0\nend 1\n")
    expected = (sequence, OK, struct.pack("<2I", 1, binascii.crc32(b"run 0\nend 1\n")))
    assert answer(sent[12:]) == expected == server.ask(request(sequence, IMAGE))
    assert server.images == [1]


def test_an_image_that_an_exception_ends(server: Server, sequence: int) -> None:
    """The firmware's trap handler serves on, in the middle of the run: the answer comes then."""
    seen: list[bytes] = []

    def run() -> int:
        server.library.print(b"error: exception 2\n")
        start = len(server.hardware.log)
        server.library.link_poll(server.runner)
        log = server.hardware.log[start:]
        seen.append(bytes(value for base, index, value in log if (base, index) == register("UART", "TRANSMIT")))
        return 0

    server.image = run
    server.send(request(sequence, IMAGE))
    assert answer(seen[0]) == (sequence, OK, struct.pack("<2I", TRAPPED, binascii.crc32(b"error: exception 2\n")))
