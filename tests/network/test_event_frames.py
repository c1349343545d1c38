"""Event cameras' recordings as frames, against a count of one event at a time."""

from __future__ import annotations

import numpy as np
import pytest
from shiftfire.network.event_checks import EventsLeftOutWarning
from shiftfire.network.event_frames import events_to_frames
from shiftfire.network.values import NetworkError

SHAPE, STEPS, WIDTH_US = (2, 4, 6), 5, 100.0


def recording(seed: int, events: int = 300) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([rng.integers(0, high, events) for high in (STEPS * int(WIDTH_US), SHAPE[2], SHAPE[1], 2)], axis=1)


def counted(events: np.ndarray, channels: int, start: int = 0) -> np.ndarray:
    frames = np.zeros((STEPS, channels, *SHAPE[1:]), int)
    for t, x, y, p in events.tolist():
        frames[int((t - start) // WIDTH_US), int(p > 0) if channels == 2 else 0, int(y), int(x)] += 1
    return frames


@pytest.mark.parametrize("channels", [1, 2])
def test_every_event_is_counted_once(channels: int) -> None:
    events = recording(1)
    frames = events_to_frames(events, shape=(channels, *SHAPE[1:]), timesteps=STEPS, bin_width_us=WIDTH_US)
    assert frames.dtype == np.int64 and np.array_equal(frames[0], counted(events, channels))


def test_forms_of_a_recording() -> None:
    events = recording(2)
    structured = np.zeros(len(events), [("x", np.uint16), ("y", np.uint16), ("p", bool), ("t", np.uint64)])
    for number, name in enumerate("txyp"):
        structured[name] = events[:, number]
    signed = events.astype(float)
    signed[:, 3] = 2 * signed[:, 3] - 1
    frames = events_to_frames([events, structured, signed, events[::-1]], shape=SHAPE, timesteps=STEPS, bin_width_us=100)
    assert all(np.array_equal(frame, counted(events, 2)) for frame in frames)
    assert not events_to_frames(events[:0], shape=SHAPE, timesteps=STEPS, bin_width_us=100).any()


def test_bins_begin_where_they_are_told() -> None:
    events = recording(3)
    events[:, 0] += 1000
    frames = events_to_frames(events, shape=SHAPE, timesteps=STEPS, bin_width_us=WIDTH_US, start_us=1000)
    assert np.array_equal(frames[0], counted(events, 2, 1000))


def test_bins_begin_with_the_first_event() -> None:
    """As in recordings whose clock is the world's, in microseconds since 1970."""
    events = recording(3)
    events[:, 0] += 1_700_000_000_000_000 - events[:, 0].min()
    frames = events_to_frames(events, shape=SHAPE, timesteps=STEPS, bin_width_us=WIDTH_US, start_us=None)
    assert np.array_equal(frames[0], counted(events, 2, 1_700_000_000_000_000))


def test_the_end_of_a_bin_is_exact() -> None:
    """Times in decimal fractions of a microsecond: k / 10 belongs to bin k, whatever 0.1 is in binary."""
    t = np.arange(50) / 10
    assert (np.floor(t / 0.1) != np.arange(50)).any()  # so a plain quotient would not do
    events = np.stack([t, np.zeros(50), np.zeros(50), np.ones(50)], axis=1)
    frames = events_to_frames(events, shape=(1, 1, 1), timesteps=50, bin_width_us=0.1)
    assert np.array_equal(frames.ravel(), np.ones(50))


def test_counts_and_late_events_are_a_choice() -> None:
    events = recording(4, 900)
    whole = counted(events, 2)
    assert whole.max() > 2
    common = {"shape": SHAPE, "timesteps": STEPS, "bin_width_us": WIDTH_US}
    above = int(np.maximum(whole - 2, 0).sum())
    with pytest.warns(EventsLeftOutWarning, match=rf"^events: {above} of 900 are above the largest count, 2, of their bin"):
        clipped = events_to_frames(events, **common, largest=2, counts="clip")
    assert np.array_equal(clipped[0], np.minimum(whole, 2))
    assert np.array_equal(events_to_frames(events, **common, largest=int(whole.max()))[0], whole)
    place = tuple(np.argwhere(whole > 2)[0])
    with pytest.raises(
        NetworkError, match=rf"{whole[place]} events fall into one bin at \(0, {place[0]}, .*make bin_width_us smaller"
    ):
        events_to_frames(events, **common, largest=2)
    short = common | {"timesteps": STEPS - 1}
    with pytest.raises(NetworkError, match=r"event \d+: t = 4\d\d us is past the last bin \(4 bins of 100 us end at 400\)"):
        events_to_frames(events, **short)
    with pytest.warns(EventsLeftOutWarning, match=rf"^events: {whole[-1].sum()} of 900 come after the last bin \(4 of 100 us\)"):
        early = events_to_frames(events, **short, late="clip")
    assert np.array_equal(early[0], whole[: STEPS - 1])


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ((7, 1), SHAPE[2], r"event 7: x = 6 is outside 0\.\.5"),
        ((7, 1), -1, r"event 7: x = -1 is outside 0\.\.5"),
        ((8, 2), SHAPE[1], r"event 8: y = 4 is outside 0\.\.3"),
        ((9, 3), 2, r"event 9: p = 2 is outside -1\.\.1"),
        ((9, 3), 0.5, r"event 9: p = 0\.5 is not a whole number"),
        ((9, 1), 0.5, r"event 9: x = 0\.5 is not a whole number"),
        ((9, 1), np.nan, "event 9: x = nan is outside"),
        ((5, 0), -1, "event 5: t = -1.0 is before start_us = 0"),
        ((5, 0), np.nan, "event 5: t = nan is no number"),
    ],
)
def test_the_first_wrong_event_is_named(place: tuple[int, int], value: float, message: str) -> None:
    events = recording(5).astype(float)
    events[place] = value
    with pytest.raises(
        NetworkError,
        match=message.replace("= 6 ", "= 6.0 ")
        .replace("= 4 ", "= 4.0 ")
        .replace("-1 is outside", "-1.0 is outside")
        .replace("= 2 ", "= 2.0 "),
    ):
        events_to_frames(events, shape=SHAPE, timesteps=STEPS, bin_width_us=WIDTH_US)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": (3, 4, 6)}, r"shape = \(3, 4, 6\) is not"),
        ({"shape": (2, 0, 6)}, "height = 0 is not a positive integer"),
        ({"timesteps": 0}, "timesteps = 0 is not"),
        ({"timesteps": True}, "timesteps = True is not"),
        ({"bin_width_us": 0}, "bin_width_us = 0 is not a positive number"),
        ({"bin_width_us": 1e-7}, "bin_width_us = 1e-07 is out of range"),
        ({"bin_width_us": 1e30}, "bin_width_us = 1e\\+30 is out of range"),
        ({"bin_width_us": float("nan")}, "bin_width_us = nan is not"),
        ({"start_us": float("inf")}, "start_us = inf is not"),
        ({"largest": 0}, "largest = 0 is not"),
        ({"counts": "drop"}, "counts = 'drop' is neither"),
        ({"late": "drop"}, "late = 'drop' is neither"),
        ({"timesteps": 1 << 40}, r"would take .* bytes, more than 2,147,483,648"),
    ],
)
def test_settings_that_are_refused(changes: dict[str, object], message: str) -> None:
    settings = {"shape": SHAPE, "timesteps": STEPS, "bin_width_us": WIDTH_US} | changes
    with pytest.raises(NetworkError, match=message):
        events_to_frames(recording(6), **settings)  # type: ignore[arg-type]


def test_forms_that_are_refused() -> None:
    common = {"shape": SHAPE, "timesteps": STEPS, "bin_width_us": WIDTH_US}
    for wrong, message in (
        (np.zeros((3, 5)), r"events have shape \(3, 5\)"),
        (np.zeros(3, [("t", int), ("x", int), ("y", int), ("pol", int)]), "fields t, x, y, pol; rename"),
        (np.zeros((3, 4), complex), "t is complex128"),
        ([], "no recording"),
        ([recording(7), np.zeros(3)], r"recording 1, events have shape \(3,\)"),
    ):
        with pytest.raises(NetworkError, match=message):
            events_to_frames(wrong, **common)
