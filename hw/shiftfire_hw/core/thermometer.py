"""Thermometer codes: n ones, then zeros."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Value


def from_leading_one(value: Value) -> Value:
    """Bit length of ``value`` as a thermometer code of as many bits: bit i is set when ``value >= 2**i``."""
    code, step = value, 1
    while step < len(value):
        code, step = (code | (code >> step))[: len(value)], 2 * step
    return code


def count(code: Value) -> Value:
    """The number of ones of a thermometer code, without an adder: bit b is set where the ones end in an odd run of ``2**b`` places."""
    padded = Cat(code, Const(0, 1))
    bits = []
    for step in (1 << bit for bit in range(len(code).bit_length())):
        starts = range(step - 1, len(code), 2 * step)
        bits.append(Cat(padded[start] & ~padded[min(start + step, len(code))] for start in starts).any())
    return Cat(bits)
