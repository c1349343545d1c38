"""The host's side of the link (contract: link): words of a board's memory and registers, over a line that may lose or damage bytes."""

from __future__ import annotations

import random
import time
import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.link import LINK_MAX_WORDS, LinkOp, LinkStatus

from ..system.plan import RunError
from .frame import Frame, FrameReader
from .serial_port import Port

ANSWER_SECONDS = 2.0
ATTEMPTS = 10
HELLO_ATTEMPTS = 3
MAX_TEXT_BYTES = 1 << 26  # of a run's lines: far more than any run prints
_WORD_BYTES = 4
_SEQUENCES = 256

Progress = Callable[[int, int], None]
Words = NDArray[np.uint32]


class Link:
    """A board behind a port: it is read and written, or what was asked has failed with a RunError.

    A request that is not answered within ``answer_seconds`` is sent again, ``attempts`` times in all; ``retries`` counts how often that was.
    ``clock`` gives seconds.
    """

    def __init__(
        self,
        port: Port,
        *,
        answer_seconds: float = ANSWER_SECONDS,
        attempts: int = ATTEMPTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.port = port
        self.retries = 0
        self._answer_seconds, self._attempts, self._clock = answer_seconds, attempts, clock
        self._reader = FrameReader()
        self._sequence = random.randrange(_SEQUENCES)

    def hello(self, address: int) -> None:
        """Begin, by reading a word that exists. What the board still answers to somebody before is taken for the answer, which nobody looks at."""
        content = address.to_bytes(_WORD_BYTES, "little") + bytes([1])
        self._ask(LinkOp.READ, content, f"the first request, a read of {address:#010x}", words=1, attempts=HELLO_ATTEMPTS)

    def read(self, address: int, count: int, progress: Progress | None = None) -> Words:
        """``count`` words from a byte address on."""
        parts = [np.zeros(0, np.uint32)]
        for start in range(0, count, LINK_MAX_WORDS):
            size = min(LINK_MAX_WORDS, count - start)
            place = address + _WORD_BYTES * start
            what = f"a read of {size} words at {place:#010x}"
            answer = self._ask(LinkOp.READ, place.to_bytes(_WORD_BYTES, "little") + bytes([size]), what, words=size)
            parts.append(np.frombuffer(answer.content, "<u4").astype(np.uint32))
            if progress is not None:
                progress(start + size, count)
        return np.concatenate(parts)

    def write(self, address: int, words: Words, progress: Progress | None = None) -> None:
        """Words to a byte address and behind."""
        for start in range(0, len(words), LINK_MAX_WORDS):
            part = words[start : start + LINK_MAX_WORDS]
            place = address + _WORD_BYTES * start
            content = place.to_bytes(_WORD_BYTES, "little") + part.astype("<u4").tobytes()
            self._ask(LinkOp.WRITE, content, f"a write of {len(part)} words at {place:#010x}", words=0)
            if progress is not None:
                progress(start + len(part), len(words))

    def run_image(self, seconds: float, show: Callable[[str], None]) -> int:
        """Let the board's firmware run the program image in its memory; returns its status. ``show`` gets every line as it comes.

        Raises RunError after ``seconds`` in which no line came, and when the lines are not what the firmware printed.
        """
        what = "a run of the program image"
        text, shown, silent = bytearray(), 0, 0.0
        request = self._request(LinkOp.IMAGE, b"")

        def take(data: bytes) -> None:
            nonlocal shown
            text.extend(data)
            while (end := text.find(b"\n", shown)) >= 0:
                show(text[shown:end].decode("latin-1"))
                shown = end + 1

        while silent < seconds:
            before = shown
            if len(text) > MAX_TEXT_BYTES:
                raise RunError(
                    f"port {self.port.name}: more than {MAX_TEXT_BYTES} bytes came and no answer: is it a board with shiftfire's firmware?"
                )
            self.port.write(request)  # again and again: a repetition is not carried out
            answer = self._answer(2, take)
            if answer is not None:
                status, crc = np.frombuffer(self._checked(answer, what).content, "<u4").tolist()
                if zlib.crc32(text) != crc:
                    raise RunError(
                        f"port {self.port.name}: the lines were damaged on their way (the status is {status}): run the image again"
                    )
                return status
            silent = 0.0 if shown > before else silent + self._answer_seconds
        raise self._no_answer(what, f"{seconds:g} s")

    def _ask(self, operation: LinkOp, content: bytes, what: str, *, words: int, attempts: int | None = None) -> Frame:
        """The answer to a request, with ``words`` words; ``what`` is what the request is called. Raises RunError."""
        request = self._request(operation, content)
        count = attempts or self._attempts
        for attempt in range(count):
            self.retries += attempt > 0
            self.port.write(request)
            answer = self._answer(words)
            if answer is not None:
                return self._checked(answer, what)
        raise self._no_answer(what, f"{count} attempts")

    def _request(self, operation: LinkOp, content: bytes) -> bytes:
        """The bytes of a new request."""
        self._sequence = (self._sequence + 1) % _SEQUENCES
        return Frame(self._sequence, operation, content).encode()

    def _answer(self, words: int, take: Callable[[bytes], None] | None = None) -> Frame | None:
        """The first frame that can be the answer to the current request; None when none comes in time. ``take`` gets what is no frame."""
        end = self._clock() + self._answer_seconds
        while self._clock() < end:
            for part in self._reader.feed(self.port.read()):
                if isinstance(part, Frame):
                    if part.sequence == self._sequence and _fits(part, words):
                        return part
                elif take is not None:
                    take(part)
            if take is not None:
                take(self._reader.text())
        return None

    def _no_answer(self, what: str, after: str) -> RunError:
        return RunError(
            f"port {self.port.name}: no answer to {what} after {after}: check cable, power and baud rate, and that the board runs a design"
            " or firmware of shiftfire; then reset it and try again"
        )

    def _checked(self, answer: Frame, what: str) -> Frame:
        if answer.code == LinkStatus.REFUSED:
            raise RunError(
                f"port {self.port.name}: the board refuses {what}: it has no processor for that, or is of another contract"
            )
        if answer.code == LinkStatus.FAULT:
            raise RunError(f"port {self.port.name}: the board does not have all of {what}: it is of another contract")
        return answer


def _fits(answer: Frame, words: int) -> bool:
    """Whether a frame's content is that of an answer, which has ``words`` words if all is well."""
    good = answer.code == LinkStatus.OK
    return (good and len(answer.content) == _WORD_BYTES * words) or answer.code in (LinkStatus.REFUSED, LinkStatus.FAULT)
