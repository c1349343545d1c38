"""A unit of a Pack, seen from a bench; and the values that break arithmetic."""

from collections.abc import Sequence
from random import Random
from typing import Any

from cocotb.triggers import Timer
from shiftfire_hw.testing.streams import value
from shiftfire_spec.bitfield import Layout


class Unit:
    """Ports ``<name>__<port>`` of the top, by port name. ``set`` cuts values to the port's width."""

    def __init__(self, dut: Any, name: str) -> None:
        self.dut, self.name = dut, name
        self._handles: dict[str, tuple[Any, int]] = {}

    def _port(self, port: str) -> tuple[Any, int]:
        if port not in self._handles:
            handle = getattr(self.dut, f"{self.name}__{port}")
            try:
                bits = len(handle)
            except TypeError:  # a single bit
                bits = 1
            self._handles[port] = (handle, bits)
        return self._handles[port]

    def set(self, **values: int) -> None:
        for port, number in values.items():
            handle, bits = self._port(port)
            handle.value = int(number) & ((1 << bits) - 1)

    def get(self, port: str) -> int:
        return value(self._port(port)[0])

    def get_signed(self, port: str) -> int:
        handle, bits = self._port(port)
        return to_signed(value(handle), bits)


async def settle() -> None:
    """Let combinational logic settle."""
    await Timer(1, "ns")


def to_signed(word: int, bits: int) -> int:
    """Two's complement of the low ``bits``."""
    word &= (1 << bits) - 1
    return word - (1 << bits) if word >> (bits - 1) else word


def pack(values: Sequence[int], bits: int) -> int:
    """Word of an array, element 0 least significant."""
    return sum((value & ((1 << bits) - 1)) << (index * bits) for index, value in enumerate(values))


def unpack(word: int, bits: int, count: int) -> list[int]:
    """Signed elements of an array."""
    return [to_signed(word >> (index * bits), bits) for index in range(count)]


def corner(rng: Random, low: int, high: int) -> int:
    """A value of ``low..high``, often one at which arithmetic breaks: the ends, around 0, around powers of two."""
    if rng.random() < 0.4:
        return rng.randint(low, high)
    power = 1 << rng.randrange(max(1, max(abs(low), abs(high)).bit_length()))
    candidates = [low, low + 1, high - 1, high, 0, 1, -1]
    candidates += [sign * power + near for sign in (1, -1) for near in (-1, 0, 1)]
    return rng.choice([c for c in candidates if low <= c <= high])


def signed_limits(bits: int) -> tuple[int, int]:
    """Least and greatest value of ``bits`` in two's complement."""
    return -(1 << (bits - 1)), (1 << (bits - 1)) - 1


def registers_word(layouts: Sequence[Layout], words: Sequence[int]) -> int:
    """Word of a struct with one member per register, first register least significant."""
    word = offset = 0
    for layout, register in zip(layouts, words, strict=True):
        word |= (register & ((1 << layout.bits) - 1)) << offset
        offset += layout.bits
    return word
