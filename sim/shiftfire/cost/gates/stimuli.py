"""Values that the ports of a unit take, cycle by cycle."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ...energy.gates.streams import transitions
from ...network.values import IntArray


@dataclass(frozen=True, eq=False)
class Stimuli:
    """values: (cycles, streams) by port. In the first ``settling`` cycles nothing is counted; each later one is ``each`` operations per stream, if not 1."""

    values: dict[str, IntArray]
    settling: int = 1
    each: Fraction = Fraction(1)

    @property
    def cycles(self) -> int:
        return len(next(iter(self.values.values())))

    @property
    def streams(self) -> int:
        return next(iter(self.values.values())).shape[1]

    @property
    def operations(self) -> int:
        return int((self.cycles - self.settling) * self.streams * self.each)

    def digest(self) -> str:
        """Fingerprint of the values: changes when the traced runs may have changed."""
        found = hashlib.sha256()
        for name in sorted(self.values):
            values = self.values[name]
            found.update(
                name.encode()
                + (str(values.tolist()).encode() if values.dtype == object else np.ascontiguousarray(values, "<i8").tobytes())
            )
        return found.hexdigest()[:16]


MOST = 1 << 15  # operations of units without registers
PAIRS = 8192  # of uniform operands
PIECE = 8  # steps or flits of a stream that are counted
SEED = 1


def in_sequence(**values: IntArray | int) -> Stimuli:
    """Of a unit without registers, whose ports take ``values`` (operations, instances) one row after the other. A number is the same for all, (operations,) for all instances.

    Of the changes from row to row `MOST` are taken, spread evenly.
    """
    most = np.broadcast_shapes(*(np.shape(value) for value in values.values() if np.ndim(value) == 2))
    wide = {name: np.asarray(value) for name, value in values.items()}
    pairs = {name: transitions(np.broadcast_to(value[:, None] if value.ndim == 1 else value, most)) for name, value in wide.items()}
    changes = (most[0] - 1) * most[1]
    chosen = np.linspace(0, changes - 1, min(changes, MOST)).astype(np.int64)
    return Stimuli({name: changed[:, chosen] for name, changed in pairs.items()})


def in_cycles(values: Mapping[str, IntArray | int], *, settling: int, each: Fraction = Fraction(1)) -> Stimuli:
    """Of a unit with registers, whose ports take ``values`` (cycles, streams). A number is the same for all, (cycles, 1) for all streams."""
    most = np.broadcast_shapes(*(np.shape(value) for value in values.values()))
    return Stimuli({name: np.broadcast_to(np.asarray(value), most) for name, value in values.items()}, settling, each)


def in_pieces(values: IntArray, length: int, before: int) -> IntArray:
    """(before + length, pieces x streams) of values (steps, streams): pieces of ``length`` steps, each after the ``before`` steps that came before it. Steps left over are dropped."""
    starts = range(0, len(values) - before - length + 1, length)
    return np.concatenate([values[start : start + before + length] for start in starts], axis=1)


def any_bits(rng: np.random.Generator, bits: int) -> IntArray:
    """Uniform values before and after a change, (2, `PAIRS`)."""
    return rng.integers(0, 1 << bits, (2, PAIRS))
