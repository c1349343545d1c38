"""Frames of the link (contract: link): how they stand on the line, and how they are found among what comes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from shiftfire_spec.link import LINK_CRC_BYTES, LINK_ESCAPE, LINK_ESCAPE_BIT, LINK_FLAG, LINK_MAX_WORDS

_HEAD_BYTES = 2  # sequence number; operation or status
_WORD_BYTES = 4
_MIN_BYTES = _HEAD_BYTES + LINK_CRC_BYTES
_MAX_BYTES = _MIN_BYTES + _WORD_BYTES * (1 + LINK_MAX_WORDS)
_MAX_ESCAPED = 2 * _MAX_BYTES


@dataclass(frozen=True)
class Frame:
    """A request or an answer. ``code``: LinkOp or LinkStatus."""

    sequence: int
    code: int
    content: bytes

    def encode(self) -> bytes:
        """The bytes on the line, with the FLAGs around them."""
        body = bytes([self.sequence, self.code]) + self.content
        body += zlib.crc32(body).to_bytes(LINK_CRC_BYTES, "little")
        escaped = bytearray()
        for byte in body:
            escaped += bytes([LINK_ESCAPE, byte ^ LINK_ESCAPE_BIT]) if byte in (LINK_FLAG, LINK_ESCAPE) else bytes([byte])
        return bytes([LINK_FLAG, *escaped, LINK_FLAG])


class FrameReader:
    """Finds frames in what comes over the line, however it is cut into pieces.

    What stands between two FLAGs and is no frame is text, or a frame that was damaged; it is given as bytes. So is text as far as it has come that
    no FLAG has ended yet: by `text`.
    """

    def __init__(self) -> None:
        self._pending = bytearray()
        self._opened = False  # the last FLAG did not end a frame, so what follows it may be one

    def feed(self, data: bytes) -> Iterator[Frame | bytes]:
        """Take these bytes in; what they complete, in order."""
        *complete, rest = bytes(self._pending + data).split(bytes([LINK_FLAG]))
        self._pending = bytearray(rest)
        for part in complete:
            frame = decode(part)
            self._opened = frame is None
            if part:
                yield frame or part

    def text(self) -> bytes:
        """What came since the last FLAG, up to the end of the last line: taken out. Nothing while it may be a frame, whose bytes may be line ends as well."""
        if self._opened and len(self._pending) <= _MAX_ESCAPED:
            return b""
        end = self._pending.rfind(b"\n") + 1
        taken = bytes(self._pending[:end])
        del self._pending[:end]
        return taken


def decode(part: bytes) -> Frame | None:
    """The frame between two FLAGs; None when length or CRC are not those of a frame."""
    body, turned = bytearray(), 0
    for byte in part:
        if byte == LINK_ESCAPE:
            turned = LINK_ESCAPE_BIT
        else:
            body.append(byte ^ turned)
            turned = 0
    if not _MIN_BYTES <= len(body) <= _MAX_BYTES:
        return None
    covered = bytes(body[:-LINK_CRC_BYTES])
    if zlib.crc32(covered) != int.from_bytes(body[-LINK_CRC_BYTES:], "little"):
        return None
    return Frame(covered[0], covered[1], covered[_HEAD_BYTES:])
