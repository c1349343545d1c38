"""Energy of a memory's access: measured sizes as they are, others by the rule, worked out here once more."""

from __future__ import annotations

import csv
import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shiftfire.energy
from shiftfire.energy.sram import SramTable, load_sram
from shiftfire.energy.table import load_table


@pytest.fixture
def sram() -> SramTable:
    return load_sram(load_table().constant("sram_margin"))


def rows() -> list[dict[str, str]]:
    text = (Path(shiftfire.energy.__file__).parent / "sram_22nm.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def test_measured_sizes(sram: SramTable) -> None:
    """The bank of 64 words, one of the file's: read and write as CACTI has them, 7.7 pJ together with low-power transistors."""
    read, write = sram.constant(64, 384, "read"), sram.constant(64, 384, "write")
    assert (read.low, read.high) == pytest.approx((3.554, 1.5 * 6.02))
    assert (write.low, write.value) == pytest.approx((4.133, (4.133 + 7.53) / 2))
    assert read.low + write.low == pytest.approx(7.7, rel=0.01)
    assert sram.measured(64, 384) and not sram.measured(65536, 16)  # that one has one port


@pytest.mark.parametrize("access", ["read", "write"])
@pytest.mark.parametrize(("words", "bits"), [(512, 384), (64, 28), (16384, 32), (1, 1)])
def test_the_rule_by_hand(sram: SramTable, access: str, words: int, bits: int) -> None:
    """Least squares by the normal equations; the correction as a product of powers."""
    single = [row for row in rows() if row["ports"] == "1"]
    assert len(single) == 27
    terms = np.array([[1, math.log(int(row["words"])), math.log(int(row["bits"]))] for row in single])
    logs = np.log([float(row[f"{access}_pj"]) for row in single])
    _, w, b = np.linalg.solve(terms.T @ terms, terms.T @ logs)
    expected, weight = 1.0, 0.0
    for row in rows():
        if row["ports"] == "2" and row["transistors"] == "lop":
            near = 1 / math.sqrt(math.log2(words / int(row["words"])) ** 2 + math.log2(bits / int(row["bits"])) ** 2)
            expected *= (float(row[f"{access}_pj"]) / (int(row["words"]) ** w * int(row["bits"]) ** b)) ** near
            weight += near
    expected = expected ** (1 / weight) * words**w * bits**b
    assert sram.estimate(words, bits, access, "lop") == pytest.approx(expected, rel=1e-9)  # type: ignore[arg-type]


@pytest.mark.parametrize("access", ["read", "write"])
def test_larger_memories_cost_more(sram: SramTable, access: str) -> None:
    """From each size to the one with twice the words or twice the bits, over all chips that can be described."""
    sizes = [2**n for n in range(17)]
    for fixed in (2, 8, 32, 128, 512, 2048):
        by_words = [sram.constant(words, fixed, access).value for words in sizes]  # type: ignore[arg-type]
        by_bits = [sram.constant(fixed, bits, access).value for bits in sizes[:12]]  # type: ignore[arg-type]
        for series in (by_words, by_bits):
            assert all(small < large for small, large in pairwise(series))


def test_a_size_of_nothing(sram: SramTable) -> None:
    with pytest.raises(ValueError, match="a memory of 0 words of 16 bits"):
        sram.constant(0, 16, "read")
