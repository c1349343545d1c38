"""Inputs in the shapes and types that people have them in."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.network.graph import Input
from shiftfire.network.inputs import expand_inputs
from shiftfire.network.values import NetworkError, Shape
from shiftfire_spec.packet import PayloadKind

IMAGE = Input("pixels", Shape(2, 4, 3), 1, PayloadKind.COUNT, 0, 20)
FILM = Input("pixels", Shape(2, 4, 3), 5, PayloadKind.COUNT, 0, 20)
GREY = Input("input", Shape(1, 4, 3), 1, PayloadKind.COUNT, 0, 20)
LINE = Input("pixels", Shape(12), 5, PayloadKind.UNIT)


def numbered(*shape: int) -> np.ndarray:
    """Values 0..20 that differ from place to place."""
    return np.arange(int(np.prod(shape))).reshape(shape) % 19


@pytest.mark.parametrize(
    ("source", "tail"),
    [
        (IMAGE, (1, 2, 4, 3)),
        (IMAGE, (2, 4, 3)),
        (IMAGE, (24,)),
        (IMAGE, (1, 24)),
        (IMAGE, (24, 1, 1)),
        (FILM, (5, 2, 4, 3)),
        (FILM, (5, 24)),
        (FILM, (5, 24, 1, 1)),
        (GREY, (4, 3)),
        (GREY, (1, 4, 3)),
        (GREY, (12,)),
        (LINE, (5, 12)),
        (LINE, (5, 12, 1)),
    ],
)
def test_shapes(source: Input, tail: tuple[int, ...]) -> None:
    """Elements keep their order, whatever axes they come in."""
    values = numbered(3, *tail) % (source.hi + 1)
    expanded = expand_inputs(source, values)
    assert expanded.shape == (3, source.timesteps, *source.shape.as_tuple()) and expanded.dtype == np.int64
    assert expanded.ravel().tolist() == values.ravel().tolist()


@pytest.mark.parametrize(
    ("source", "tail", "message"),
    [
        (
            FILM,
            (2, 4, 3),
            r"input pixels: .*time axis is missing, the input takes 5 timesteps: .*np\.repeat\(x\[:, None\], 5, axis=1\)",
        ),
        (FILM, (24,), "time axis is missing"),
        (FILM, (24,), r"axis=1\)$"),
        (FILM, (4, 2, 4, 3), r"give \(samples, 5, 2, 4, 3\), or \(samples, 5, 24\)"),
        (LINE, (12,), "time axis is missing"),
        (IMAGE, (4, 3), r"give \(samples, 1, 2, 4, 3\)"),
        (IMAGE, (4, 3, 2), r"another order: x\.transpose\(0, 3, 1, 2\) has them"),
        (IMAGE, (23,), r"give \(samples, 1, 2, 4, 3\), or \(samples, 1, 24\)"),
        (FILM, (2, 4, 3, 5), r"x\.transpose\(0, 4, 1, 2, 3\)"),
        (GREY, (3, 4), r"^input: the values have shape \(3, 3, 4\)"),
        (GREY, (), r"shape \(3,\)"),
    ],
)
def test_shapes_that_are_refused(source: Input, tail: tuple[int, ...], message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        expand_inputs(source, numbered(3, *tail) % (source.hi + 1))


@pytest.mark.parametrize("source", [FILM, IMAGE])
def test_one_sample_alone(source: Input) -> None:
    """Its timesteps might be samples that lack the time axis; both ways out are named."""
    alone = numbered(source.timesteps, source.shape.size) % 2
    alone = alone[0] if source.timesteps == 1 else alone
    with pytest.raises(NetworkError, match=r"; or, when this is one sample, x\[None\]$"):
        expand_inputs(source, alone)
    assert len(expand_inputs(source, alone[None])) == 1


def test_no_samples_are_refused() -> None:
    with pytest.raises(NetworkError, match=r"there are no samples, the values have shape \(0, 24\); give at least one"):
        expand_inputs(IMAGE, np.zeros((0, 24), int))


def test_the_axes_that_are_proposed_are_right() -> None:
    values = numbered(3, 2, 4, 3)
    assert np.array_equal(expand_inputs(IMAGE, values.transpose(0, 2, 3, 1).transpose(0, 3, 1, 2))[:, 0], values)


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int16, np.uint64, np.float16, np.float32, np.float64])
def test_types(kind: type) -> None:
    values = (numbered(2, 24) % 2).astype(kind)
    assert expand_inputs(IMAGE, values).ravel().tolist() == (numbered(2, 24) % 2).ravel().tolist()


def test_lists() -> None:
    assert expand_inputs(IMAGE, numbered(2, 24).tolist()).ravel().tolist() == numbered(2, 24).ravel().tolist()


def test_the_first_fraction_is_named() -> None:
    values = numbered(2, 2, 4, 3).astype(float)
    values[1, 0, 2, 1] = 0.25
    with pytest.raises(
        NetworkError, match=r"the value 0\.25 at \(1, 0, 0, 2, 1\) \(sample, timestep, channel, row, column\) is not a whole"
    ):
        expand_inputs(IMAGE, values)
    for wrong in (np.nan, np.inf, -np.inf):
        values[1, 0, 2, 1] = wrong
        with pytest.raises(NetworkError, match="is not a whole number"):
            expand_inputs(IMAGE, values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.full((2, 24), 21), "the value 21 is out of range; it must be within 0..20"),
        (np.full((2, 24), -1), "the value -1 is out of range"),
        (np.full((2, 24), 1e300), "the value 1e.300 is out of range"),
        (np.full((2, 24), 2**64 - 1, np.uint64), "the value 18446744073709551615 is out of range"),
        (np.full((2, 24), 1j), "complex128, not numbers"),
        (np.full((2, 24), None), "object, not numbers"),
        (np.full((2, 24), "1"), "<U1, not numbers"),
        ([[1, 2], [3]], "make no array"),
        (None, "object, not numbers"),
        (np.zeros(3, [("t", int), ("x", int)]), r"are events \(t, x\); bin them first"),
    ],
)
def test_values_that_are_refused(values: object, message: str) -> None:
    with pytest.raises(NetworkError, match=f"^input pixels: .*{message}"):
        expand_inputs(IMAGE, values)


def test_powers() -> None:
    signed = Input("in", Shape(2, 4), 1, PayloadKind.POW2, -64, 64)
    powers = np.array([0, 1, -1, 64, -64, 2, 32, 4]).reshape(1, 8)
    assert np.array_equal(expand_inputs(signed, powers).ravel(), powers.ravel())
    with pytest.raises(NetworkError, match="20 is no signed power"):
        expand_inputs(signed, powers + 20 * (powers == 0))
