"""A board's side of the link, written from the contract's text alone, at the end of a line that can be made bad."""

from __future__ import annotations

import binascii
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

FLAG, ESCAPE = 0x7E, 0x7D
READ, WRITE, IMAGE = 1, 2, 3
OK, REFUSED, FAULT = 0, 1, 2
TICK_SECONDS = 0.02


@dataclass
class Noise:
    """Per byte, with these probabilities (in all at most 1): lost, a bit flipped, twice, a random byte before it."""

    seed: int
    lost: float = 0.0
    flipped: float = 0.0
    doubled: float = 0.0
    inserted: float = 0.0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)

    def pass_on(self, data: bytes) -> bytes:
        out = bytearray()
        for byte in data:
            at = self._random.random()
            if (at := at - self.lost) < 0:
                continue
            if (at := at - self.flipped) < 0:
                out.append(byte ^ 1 << self._random.randrange(8))
            elif (at := at - self.doubled) < 0:
                out += bytes([byte, byte])
            elif at - self.inserted < 0:
                out += bytes([self._random.choice([FLAG, ESCAPE, self._random.randrange(256)]), byte])
            else:
                out.append(byte)
        return bytes(out)


def stuffed(body: bytes) -> bytes:
    return body.replace(b"\x7d", b"\x7d\x5d").replace(b"\x7e", b"\x7d\x5e")


def framed(body: bytes) -> bytes:
    return b"\x7e" + stuffed(body + struct.pack("<I", binascii.crc32(body))) + b"\x7e"


def unframed(part: bytes) -> bytes | None:
    """Sequence number, code and content between two FLAGs; None when that is no frame."""
    body, turn = bytearray(), 0
    for byte in part:
        if byte == ESCAPE:
            turn = 0x20
            continue
        body.append(byte ^ turn)
        turn = 0
    good = len(body) >= 6 and struct.unpack("<I", body[-4:])[0] == binascii.crc32(body[:-4])
    return bytes(body[:-4]) if good else None


@dataclass
class Board:
    """The board as a `Port`. Word addresses below ``size`` exist; a write adds to the word, so that one too many shows. Time passes when nobody says anything."""

    size: int = 512
    to_board: Noise = field(default_factory=lambda: Noise(0))
    to_host: Noise = field(default_factory=lambda: Noise(0))
    image: Callable[[], tuple[bytes, int]] = lambda: (b"", 0)
    name: str = "fake"
    cut: bool = False
    seconds: float = 0.0
    requests: int = 0

    def __post_init__(self) -> None:
        self.words: dict[int, int] = {}
        self.pending = bytearray()
        self.coming = bytearray()
        self.last: tuple[int, bytes] | None = None

    def clock(self) -> float:
        return self.seconds

    def write(self, data: bytes) -> None:
        if self.cut:
            return
        self.pending += self.to_board.pass_on(data)
        *parts, rest = bytes(self.pending).split(b"\x7e")
        self.pending = bytearray(rest)
        for part in parts:
            body = unframed(part)
            if body is not None:
                self.requests += 1
                self.coming += self.to_host.pass_on(self.serve(body))

    def read(self) -> bytes:
        taken = bytes(self.coming[:7])
        del self.coming[:7]
        if not taken:
            self.seconds += TICK_SECONDS
        return b"" if self.cut else taken

    def serve(self, body: bytes) -> bytes:
        """Text and answer."""
        sequence, operation, content = body[0], body[1], body[2:]
        if operation in (WRITE, IMAGE) and self.last is not None and self.last[0] == sequence:
            return framed(bytes([sequence]) + self.last[1])
        text, answer = self.carry_out(operation, content)
        self.last = (sequence, answer)
        return text + framed(bytes([sequence]) + answer)

    def carry_out(self, operation: int, content: bytes) -> tuple[bytes, bytes]:
        """Text, and status with content of the answer."""
        if operation == IMAGE and not content:
            text, status = self.image()
            return text, struct.pack("<BII", OK, status, binascii.crc32(text))
        if operation not in (READ, WRITE) or len(content) < 5:
            return b"", bytes([REFUSED])
        address = struct.unpack("<I", content[:4])[0]
        if address % 4:
            return b"", bytes([REFUSED])
        if operation == READ:
            places = range(address // 4, address // 4 + content[4])
            if len(content) != 5 or not 1 <= content[4] <= 64:
                return b"", bytes([REFUSED])
            if places.stop > self.size:
                return b"", bytes([FAULT])
            return b"", struct.pack(f"<B{len(places)}I", OK, *(self.words.get(place, 0) for place in places))
        values = struct.unpack(f"<{(len(content) - 4) // 4}I", content[4:])
        for place, value in enumerate(values, address // 4):
            if place >= self.size:
                return b"", bytes([FAULT])
            self.words[place] = (self.words.get(place, 0) + value) % (1 << 32)
        return b"", bytes([OK])
