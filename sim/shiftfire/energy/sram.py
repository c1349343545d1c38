"""Energy of an access to a small memory, and its leakage, from a table of sizes that CACTI was run on.

A size that the table holds with two ports (one read, one write: what the core's memories have) is charged as it stands there. Any other:

    quantity(words, bits) = law(words, bits) x correction,    law = words^w x bits^b,

with w and b fitted to the single-ported sizes by least squares of the logarithms, and the correction the geometric mean of
(table / law) over the two-ported sizes, each weighted with 1 / its distance in octaves of words and bits.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from importlib import resources
from typing import Literal

import numpy as np

from .table import Constant

SIZES_FILE = "sram_22nm.csv"
TECHNOLOGY = "22 nm, 300 K"
SOURCE = "CACTI 7, dynamic-power objective"
LOW, HIGH = "lop", "lstp"  # CACTI's transistors: low operating power, low standby power

Access = Literal["read", "write"]
Quantity = Literal["read", "write", "leakage"]
ACCESSES: tuple[Access, ...] = ("read", "write")


@dataclass(frozen=True)
class SramSize:
    """One size that was measured: ``words`` of ``bits``; picojoules of an access to all bits of a word, and milliwatts of leakage."""

    words: int
    bits: int
    ports: int
    transistors: str
    read: float
    write: float
    leakage: float

    def quantity(self, quantity: Quantity) -> float:
        """Picojoules of a read or a write, milliwatts of leakage."""
        return {"read": self.read, "write": self.write, "leakage": self.leakage}[quantity]


@dataclass(frozen=True)
class Law:
    """``words^words_exponent x bits^bits_exponent``; ``spread`` is the largest factor by which a fitted size misses it."""

    words_exponent: float
    bits_exponent: float
    spread: float

    def log2(self, words: int, bits: int) -> float:
        """Logarithm of the law to base 2."""
        return self.words_exponent * math.log2(words) + self.bits_exponent * math.log2(bits)


@dataclass(frozen=True)
class SramTable:
    """The measured sizes, and the margin of their upper end."""

    sizes: tuple[SramSize, ...]
    margin: Constant

    def law(self, quantity: Quantity) -> Law:
        """The law of ``quantity``, fitted to the sizes with one port."""
        fitted = [size for size in self.sizes if size.ports == 1]
        terms = np.array([(1.0, math.log2(size.words), math.log2(size.bits)) for size in fitted])
        logs = np.array([math.log2(size.quantity(quantity)) for size in fitted])
        solution, *_ = np.linalg.lstsq(terms, logs, rcond=None)
        return Law(float(solution[1]), float(solution[2]), float(2 ** np.abs(terms @ solution - logs).max()))

    def estimate(self, words: int, bits: int, quantity: Quantity, transistors: str) -> float:
        """Picojoules of an access to a memory of ``words`` of ``bits``, two ports, or its milliwatts of leakage. Raises ValueError for a size below 1."""
        if words < 1 or bits < 1:
            raise ValueError(f"a memory of {words} words of {bits} bits: both are at least 1")
        law, total, weights = self.law(quantity), 0.0, 0.0
        for size in self.sizes:
            if size.ports == 1 or size.transistors != transistors:
                continue
            distance = math.hypot(math.log2(words / size.words), math.log2(bits / size.bits))
            if not distance:
                return size.quantity(quantity)
            total += (math.log2(size.quantity(quantity)) - law.log2(size.words, size.bits)) / distance
            weights += 1 / distance
        return 2 ** (law.log2(words, bits) + total / weights)

    def constant(self, words: int, bits: int, access: Access) -> Constant:
        """Energy of one ``access`` as a constant: low, with low-power transistors; high, with low-leakage ones and the margin; their mean without it."""
        return self._constant(words, bits, access, (LOW, HIGH), "pJ", f"One {access} of a word of {bits} bits of {words}.")

    def leakage(self, words: int, bits: int) -> Constant:
        """Milliwatts that a memory leaks: low, with low-leakage transistors; high, with low-power ones and the margin; their mean without it."""
        return self._constant(words, bits, "leakage", (HIGH, LOW), "mW", f"What {words} words of {bits} bits leak.")

    def _constant(self, words: int, bits: int, quantity: Quantity, ends: tuple[str, str], unit: str, note: str) -> Constant:
        """A quantity with the transistors of both ``ends``, the one with less first."""
        low, high = (self.estimate(words, bits, quantity, transistors) for transistors in ends)
        return Constant(
            name=f"sram_{words}x{bits}_{quantity}",
            low=low * self.margin.low,
            value=(low + high) / 2 * self.margin.value,
            high=high * self.margin.high,
            unit=unit,
            technology=TECHNOLOGY,
            source=SOURCE,
            certainty="tool" if self.measured(words, bits) else "derived",
            note=note,
        )

    def measured(self, words: int, bits: int) -> bool:
        """Whether the table holds this size with two ports."""
        return any((size.words, size.bits, size.ports) == (words, bits, 2) for size in self.sizes)


def load_sram(margin: Constant) -> SramTable:
    """The sizes that come with the package."""
    text = (resources.files("shiftfire.energy") / SIZES_FILE).read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return SramTable(
        tuple(
            SramSize(
                int(row["words"]),
                int(row["bits"]),
                int(row["ports"]),
                row["transistors"],
                float(row["read_pj"]),
                float(row["write_pj"]),
                float(row["leakage_mw"]),
            )
            for row in rows
        ),
        margin,
    )
