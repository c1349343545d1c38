"""The host's side of the link against a board in Python, over lines that lose, damage and invent bytes: the right words, or an error."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shiftfire.host.link import ATTEMPTS, Link
from shiftfire.system.plan import RunError
from support.link_board import Board, Noise, framed


def linked(board: Board, **options: float) -> Link:
    return Link(board, clock=board.clock, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 300])
def test_words_go_there_and_back(count: int) -> None:
    board = Board()
    link, words = linked(board), np.random.default_rng(count).integers(0, 1 << 32, count, dtype=np.uint32)
    progress: list[tuple[int, int]] = []
    link.write(4 * 7, words, lambda done, total: progress.append((done, total)))
    assert [board.words.get(7 + i, 0) for i in range(count)] == words.tolist()
    np.testing.assert_array_equal(link.read(4 * 7, count), words)
    assert link.read(4 * 7, count).dtype == np.uint32
    assert link.retries == 0
    assert progress == [(min(i + 64, count), count) for i in range(0, count, 64)]


def play(board: Board, seed: int, steps: int) -> int:
    """Random reads and writes, each compared; an error may end them. Returns how many were made."""
    rng = random.Random(seed)
    link, expected = linked(board, answer_seconds=0.1), np.zeros(board.size, np.uint32)
    for step in range(steps):
        start, count = rng.randrange(400), rng.choice([1, 2, 30, 64, 100])
        if rng.random() < 0.5:
            try:
                got = link.read(4 * start, count)
            except RunError:
                return step
            np.testing.assert_array_equal(got, expected[start : start + count])
            continue
        values = np.array([rng.randrange(1 << 32) for _ in range(count)], np.uint32)
        before = expected.copy()
        expected[start : start + count] += values
        try:
            link.write(4 * start, values)
        except RunError:
            # Of every request of 64 words: carried out or not, as a whole and not twice.
            now = np.array([board.words.get(i, 0) for i in range(board.size)], np.uint32)
            for part in range(start, start + count, 64):
                own = slice(part, min(part + 64, start + count))
                assert (now[own] == before[own]).all() or (now[own] == expected[own]).all()
            return step
        np.testing.assert_array_equal([board.words.get(i, 0) for i in range(board.size)], expected)
    return steps


RATES = st.tuples(*[st.sampled_from([0.0, 0.0, 0.0005, 0.003, 0.02])] * 4)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 30), RATES, RATES)
def test_whatever_the_line_does(seed: int, out: tuple[float, ...], back: tuple[float, ...]) -> None:
    play(Board(to_board=Noise(seed, *out), to_host=Noise(seed + 1, *back)), seed, 12)


@pytest.mark.parametrize("kind", ["lost", "flipped", "doubled", "inserted"])
def test_a_bad_line_is_mended(kind: str) -> None:
    """One byte in a thousand, both ways: everything is done in the end, some of it again."""
    board = Board(to_board=Noise(1, **{kind: 0.001}), to_host=Noise(2, **{kind: 0.001}))
    assert play(board, 3, 60) == 60
    assert board.requests > 60


def test_a_lost_answer_does_not_double_a_write() -> None:
    board = Board()
    link = linked(board)
    link.read(0, 1)
    swallowed = iter([True])
    answer = board.serve

    def serve(body: bytes) -> bytes:
        sent = answer(body)
        return b"" if next(swallowed, False) else sent

    board.serve = serve  # type: ignore[method-assign]
    link.write(0, np.array([5], np.uint32))
    assert (board.words[0], link.retries, board.requests) == (5, 1, 3)


@pytest.mark.parametrize("stale", range(0, 256, 5))
def test_answers_to_somebody_before_are_not_taken(stale: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The board still answers what somebody who is gone has asked, more than once, with the sequence number that comes first, by chance."""
    monkeypatch.setattr(random, "randrange", lambda _: (stale - 1) % 256)
    board = Board()
    board.words[3] = 8
    board.coming += 3 * framed(bytes([stale, 0, 1, 2, 3, 4]))
    link = linked(board)
    link.hello(12)
    assert link.read(12, 1).tolist() == [8]


@pytest.mark.parametrize("content", [b"\x00" + bytes(8), b"\x00", b"\x07" + bytes(4)], ids=["two words", "none", "no status"])
def test_what_cannot_be_the_answer_is_not_taken(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though its sequence number is the right one."""
    monkeypatch.setattr(random, "randrange", lambda _: 0)
    board = Board()
    board.words[3] = 8
    board.coming += framed(b"\x01" + content)
    assert linked(board).read(12, 1).tolist() == [8]


def test_a_board_s_text_is_no_answer() -> None:
    board = Board()
    board.coming += b"contract 0x12345678\nchip 2 2\n"
    assert linked(board).read(0, 2).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("board", "ask", "message"),
    [
        (
            Board(cut=True),
            lambda link: link.read(0, 1),
            f"port fake: no answer to a read of 1 words at 0x00000000 after {ATTEMPTS} attempts: check",
        ),
        (Board(), lambda link: link.read(4 * 512, 1), "port fake: the board does not have all of a read of 1 words at 0x00000800"),
        (
            Board(),
            lambda link: link.write(2, np.ones(1, np.uint32)),
            "port fake: the board refuses a write of 1 words at 0x00000002",
        ),
        (Board(cut=True), lambda link: link.hello(0), "no answer to the first request, a read of 0x00000000 after 3 attempts"),
        (Board(cut=True), lambda link: link.run_image(7.0, print), "no answer to a run of the program image after 7 s"),
    ],
    ids=range(5),
)
def test_errors_name_port_and_remedy(board: Board, ask: object, message: str) -> None:
    with pytest.raises(RunError) as raised:
        ask(linked(board))  # type: ignore[operator]
    assert message in str(raised.value)


def test_an_image_runs_and_its_lines_are_shown() -> None:
    board, lines = Board(image=lambda: (b"run 0\nend 1: so\n", 1)), []
    link = linked(board)
    link.hello(0)
    assert link.run_image(5.0, lines.append) == 1
    assert lines == ["run 0", "end 1: so"]


def test_an_image_s_lost_answer_is_asked_for_again() -> None:
    runs = []

    def image() -> tuple[bytes, int]:
        runs.append(1)
        return b"end 0: good\n", 0

    board, lines = Board(image=image), []
    link = linked(board)
    link.hello(0)
    whole = board.serve
    cut = iter([6])
    board.serve = lambda body: whole(body)[: -next(cut, 0) or None]  # type: ignore[method-assign]
    with pytest.raises(RunError, match="lines were damaged"):
        link.run_image(5.0, lines.append)  # the rest of the answer stands among the lines
    assert (runs, lines) == ([1], ["end 0: good"])


@pytest.mark.parametrize("sequence", range(256))
def test_an_answer_may_hold_any_byte(sequence: int) -> None:
    """Line ends among them: the sequence number, the status and the CRC are not text."""
    board, lines = Board(image=lambda: (b"so\n", sequence)), []
    link = linked(board)
    link._sequence = (sequence - 2) % 256
    link.hello(0)
    assert link.run_image(5.0, lines.append) == sequence
    assert lines == ["so"]


class Chatter(Board):
    """A device of another kind: it says the same all the time."""

    def __init__(self, words: bytes) -> None:
        super().__init__()
        self.words_of_its_own = words

    def read(self) -> bytes:
        self.seconds += 0.02
        return self.words_of_its_own


@pytest.mark.parametrize(("words", "message"), [(b"\x00\x7e" * 9, "no answer"), (b"hello\n" * 4000, "bytes came and no answer")])
def test_a_device_that_only_talks_is_given_up(words: bytes, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shiftfire.host.link.MAX_TEXT_BYTES", 1 << 16)
    with pytest.raises(RunError, match=message):
        linked(Chatter(words)).run_image(5.0, lambda line: None)


def test_a_damaged_line_of_an_image_is_found() -> None:
    board = Board(image=lambda: (b"sample 0 0 predicted 7 expected 7\n", 0))
    link = linked(board)
    link.hello(0)
    whole = board.serve
    board.serve = lambda body: whole(body).replace(b"predicted 7", b"predicted 3")  # type: ignore[method-assign]
    with pytest.raises(RunError, match=r"lines were damaged on their way \(the status is 0\): run the image again"):
        link.run_image(5.0, lambda line: None)
