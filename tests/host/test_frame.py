"""Frames on the line, against a codec of their own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shiftfire.host.frame import Frame, FrameReader, decode
from support.link_board import framed, unframed

FRAMES = st.builds(Frame, st.integers(0, 255), st.integers(0, 255), st.binary(max_size=260))


def test_a_frame_byte_by_byte() -> None:
    """READ of one word at 0x40000000 with sequence number 0x7E."""
    assert Frame(0x7E, 1, bytes.fromhex("0000004001")).encode() == bytes.fromhex("7e 7d5e 01 00000040 01 3ed8196d 7e")


@given(FRAMES)
def test_encode(frame: Frame) -> None:
    body = bytes([frame.sequence, frame.code]) + frame.content
    assert frame.encode() == framed(body)
    assert unframed(frame.encode()[1:-1]) == body
    assert decode(frame.encode()[1:-1]) == frame


@given(
    st.lists(st.one_of(FRAMES, st.binary(min_size=1, max_size=30).map(lambda b: b.replace(b"\x7e", b"~"[:0]))), max_size=6),
    st.data(),
)
def test_frames_among_text_in_any_pieces(parts: list[Frame | bytes], data: st.DataObject) -> None:
    line = b"".join(part.encode() if isinstance(part, Frame) else part for part in parts)
    reader, found, place = FrameReader(), [], 0
    while place < len(line):
        size = data.draw(st.integers(1, len(line)))
        found += reader.feed(line[place : place + size])
        place += size
    assert [part for part in found if isinstance(part, Frame)] == [part for part in parts if isinstance(part, Frame)]
    text = b"".join(part for part in found if isinstance(part, bytes)) + bytes(reader._pending)
    assert text == b"".join(part for part in parts if isinstance(part, bytes))


@given(FRAMES, st.data())
def test_a_flipped_bit_is_found(frame: Frame, data: st.DataObject) -> None:
    inside = bytearray(frame.encode()[1:-1])
    inside[data.draw(st.integers(0, len(inside) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert all(part != frame for part in inside.split(b"\x7e") if decode(bytes(part)) is not None)
    assert not any(decode(bytes(part)) for part in inside.split(b"\x7e"))


@pytest.mark.parametrize("size", [0, 1, 5])
def test_too_short(size: int) -> None:
    assert decode(bytes(size)) is None


def test_too_long() -> None:
    assert decode(framed(bytes(2 + 4 + 256))[1:-1]) is not None
    assert decode(framed(bytes(2 + 4 + 257))[1:-1]) is None


def test_lines_are_given_before_a_flag_comes() -> None:
    reader = FrameReader()
    assert list(reader.feed(b"one\ntwo\nthr")) == []
    assert reader.text() == b"one\ntwo\n"
    assert reader.text() == b""
    assert list(reader.feed(b"ee\n" + framed(b"\x01\x00"))) == [b"three\n", Frame(1, 0, b"")]
