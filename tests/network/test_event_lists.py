"""Events of a population as vectors, against a count of one event at a time."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.network.event_checks import EventsLeftOutWarning
from shiftfire.network.event_lists import events_to_vectors
from shiftfire.network.values import NetworkError

COMMON = {"elements": 7, "timesteps": 5, "bin_width_us": 20.0}


def recording(seed: int, events: int = 60) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([rng.integers(0, 100, events), rng.integers(0, 7, events)], axis=1)


def test_every_event_is_counted_once_in_all_forms() -> None:
    events = recording(1)
    counted = np.zeros((5, 7), int)
    for t, i in events.tolist():
        counted[t // 20, i] += 1
    structured = np.zeros(len(events), [("i", np.int32), ("t", float)])
    structured["t"], structured["i"] = events.T
    named = {"t": events[:, 0], "i": events[:, 1].astype(float)}
    vectors = events_to_vectors([events, structured, named], **COMMON)  # type: ignore[arg-type]
    assert vectors.dtype == np.int64 and vectors.shape == (3, 5, 7)
    assert all(np.array_equal(vector, counted) for vector in vectors)
    with pytest.warns(EventsLeftOutWarning, match=f"{np.maximum(counted - 1, 0).sum()} of 60 are above the largest count, 1"):
        clipped = events_to_vectors(events, **COMMON, largest=1, counts="clip")  # type: ignore[arg-type]
    assert np.array_equal(clipped[0], counted > 0)


def test_valued_events_are_their_values() -> None:
    events = np.array([[0, 1, -3], [19, 2, 5], [20, 1, 4]])
    vectors = events_to_vectors(events, **COMMON, valued=True)  # type: ignore[arg-type]
    expected = np.zeros((5, 7), int)
    expected[0, 1], expected[0, 2], expected[1, 1] = -3, 5, 4
    assert np.array_equal(vectors[0], expected)


@pytest.mark.parametrize(
    ("events", "changes", "message"),
    [
        ([[0, 7]], {}, r"event 0: i = 7 is outside 0\.\.6"),
        ([[0, 0], [100, 0]], {}, "event 1: t = 100 us is past the last bin"),
        ([[0, 0, 1], [1, 0, 1]], {"valued": True}, "element 0 has 2 values in bin 0; make bin_width_us smaller, or merge"),
        ([[0, 0, 0.5]], {"valued": True}, r"event 0: v = 0\.5 is not a whole number"),
        ([[0, 0, np.inf]], {"valued": True}, "event 0: v = inf is not a whole number"),
        ([[0, 0, 1]], {}, r"events have shape \(1, 3\); give \(events, 2\), columns t, i"),
        ([[0, 0]] * 3, {"largest": 2}, "3 events fall into one bin"),
        ([[0, 0]], {"elements": 1 << 40}, "would take .* bytes"),
    ],
)
def test_what_is_refused(events: list[list[float]], changes: dict[str, object], message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        events_to_vectors(np.array(events), **(COMMON | changes))  # type: ignore[arg-type]


def test_dicts_that_are_refused() -> None:
    with pytest.raises(NetworkError, match="no array 'i'; give t, i"):
        events_to_vectors({"t": np.zeros(2)}, **COMMON)  # type: ignore[arg-type]
    with pytest.raises(NetworkError, match="one of each per event"):
        events_to_vectors({"t": np.zeros(2), "i": np.zeros(3)}, **COMMON)  # type: ignore[arg-type]
