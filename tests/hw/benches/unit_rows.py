"""Rows of numbers as words of a stream, and back-pressure: what the benches of the standalone units share."""

from collections.abc import Sequence

import numpy as np
from shiftfire_hw.testing.streams import Bench, StreamDriver, StreamMonitor

MODES = ((0.0, 0.0), (0.5, 0.0), (0.0, 0.6), (0.3, 0.3))  # P(idle), P(stall)


def words(fields: Sequence[tuple[np.ndarray, int]]) -> list[int]:
    """One word per row of the fields, each (rows,) or (rows, elements) with its bits per element, the first least significant."""
    columns = []
    for values, bits in fields:
        values = np.asarray(values, np.int64)
        values = values[:, None] if values.ndim == 1 else values
        columns.append(((values[:, :, None] >> np.arange(bits)) & 1).reshape(len(values), -1))
    packed = np.packbits(np.concatenate(columns, axis=1).astype(np.uint8), axis=1, bitorder="little")
    return [int.from_bytes(row.tobytes(), "little") for row in packed]


def beats(values: np.ndarray, lanes: int) -> np.ndarray:
    """(rows, channels) in steps of ``lanes``: (rows * steps, lanes), the last step of a row filled with zeros."""
    rows, channels = values.shape
    return np.pad(values, ((0, 0), (0, -channels % lanes))).reshape(rows * -(-channels // lanes), lanes)


def flags(rows: int, channels: int, lanes: int) -> tuple[np.ndarray, np.ndarray]:
    """First and last of every beat."""
    steps = -(-channels // lanes)
    index = np.tile(np.arange(steps), rows)
    return index == 0, index == steps - 1


def random_rows(rng: np.random.Generator, rows: int, channels: int, bits: int) -> np.ndarray:
    """Rows of signed ``bits`` each of its own size: from zeros to the extremes, powers of two and their neighbours among them, some sparse."""
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    size = rng.integers(0, bits, (rows, 1))
    values = rng.integers(-(1 << size), (1 << size) + 1, (rows, channels))
    powers = (1 << size) * rng.choice((-1, 1), (rows, channels)) + rng.integers(-1, 2, (rows, 1)) * (rng.random((rows, 1)) < 0.5)
    kind = rng.random((rows, 1))
    values = np.where(kind < 0.2, powers, values)
    values = np.where((kind > 0.2) & (kind < 0.35), values * (rng.random((rows, channels)) < 0.2), values)
    values = np.where((kind > 0.35) & (kind < 0.4), rng.choice((low, high), (rows, channels)), values)
    return np.clip(values, low, high)


async def stream(
    bench: Bench, driver: StreamDriver, monitor: StreamMonitor, sent: list[int], wanted: list[int], *, what: str
) -> int:
    """Send the words and compare what comes out with ``wanted``; returns the cycles that it took."""
    driver.idle, monitor.stall = bench.random.choice(MODES)
    monitor.taken.clear()
    driver.queue.extend(sent)
    start = bench.cycles
    await bench.until(lambda: len(monitor.taken) >= len(wanted), limit=40 * len(wanted) + 100, what=f"{what}: the last result")
    got = [word for _, word in monitor.taken]
    wrong = [n for n, (g, w) in enumerate(zip(got, wanted, strict=True)) if g != w]
    assert not wrong, (
        f"{what}: {len(wrong)} of {len(got)} beats differ, first {wrong[0]}: {got[wrong[0]]:#x}, golden {wanted[wrong[0]]:#x}"
    )
    return monitor.taken[-1][0] + 1 - start
