"""Strides that need no multiplier: sums of a few signed powers of two."""

from __future__ import annotations

from dataclasses import dataclass

from shiftfire_spec.stream import STRIDE_TERMS


@dataclass(frozen=True)
class StrideTerm:
    """One signed power of two: ``-+ 2**shift``."""

    shift: int
    negative: bool


def signed_terms(value: int) -> tuple[StrideTerm, ...]:
    """Fewest signed powers of two that sum to ``value`` >= 0: its non-adjacent form, least first."""
    if value < 0:
        raise ValueError(f"stride {value} is negative")
    terms = []
    shift = 0
    while value:
        if value & 1:
            negative = value & 3 == 3
            terms.append(StrideTerm(shift, negative))
            value += 1 if negative else -1
        value >>= 1
        shift += 1
    return tuple(terms)


def expressible_stride(least: int) -> int:
    """Smallest stride >= ``least`` that the contract's stride terms can express."""
    stride = least
    while len(signed_terms(stride)) > STRIDE_TERMS:
        stride += 1
    return stride
