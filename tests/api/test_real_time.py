"""Events in real time, from arrays and files, through the API."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.api import RealTime
from shiftfire.network.build.builder import NetworkBuilder
from support.odd_chip import odd_chip


@pytest.fixture
def ears() -> NetworkBuilder:
    return sf.Network("ears", input=(2, 2, 2), timesteps=2).dense(
        "out", np.arange(16).reshape(2, 8) - 6, theta=3, v_min=-999, v_max=999
    )


def recordings() -> list[dict[str, Any]]:
    """Two samples of bins of 100 us: element 3 twice in a bin when clipped, one bin empty."""
    return [
        {"t": np.array([7.5, 0.0, 30.0, 150.0, 40.0]), "i": np.array([1, 2, 3, 1, 3])},
        {"t": np.array([99.0, 2.0]), "i": np.array([4, 0])},
    ]


def test_values_and_times(ears: NetworkBuilder) -> None:
    """Those that `events_to_vectors` counts; an element that is clipped to one event is complete with its first."""
    with pytest.warns(sf.EventsLeftOutWarning, match="1 of 7 are above"):
        timed = sf.real_time(ears, recordings(), bin_width_us=100, gap_us=10, clip=True)
    assert (timed.bin_ticks, timed.gap_ticks, timed.samples) == (10**8, 10**7, 2)
    flat, ticks = timed.values.reshape(2, 2, 8), timed.ticks.reshape(2, 2, 8)
    assert flat.sum() == 6 and ticks[flat == 0].max() == 0
    assert ticks[0, 0, [1, 2, 3]].tolist() == [7_500_000, 0, 30_000_000]
    assert ticks[0, 1, 1] == 150_000_000 and ticks[1, 0, [0, 4]].tolist() == [2_000_000, 99_000_000]


def test_a_run(ears: NetworkBuilder) -> None:
    """At 10 MHz: the second sample begins in cycle 2100; its last bin is empty, so its reaction is from that bin's end, 4100."""
    chip = replace(odd_chip(), clock_mhz=10.0)
    with pytest.warns(sf.EventsLeftOutWarning):
        timed = sf.real_time(ears, recordings(), bin_width_us=100, gap_us=10, clip=True)
    result = sf.run(ears, timed, chip=chip, record=["events"])
    times = result.real_time
    assert result.bottleneck is None  # the events' times bound it
    assert times is not None and result.reactions is not None and result.bin_reactions is not None
    assert times.last_event.tolist() == [1500, 4100] and times.last_end.tolist() == [2000, 4100]
    assert result.sample_cycles is not None
    assert np.array_equal(result.reactions, result.sample_cycles[:, 1] - [1500, 4100]) and result.bin_reactions.max() < 400
    assert result.sample_cycles[1, 0] >= 2120
    document = result.as_dict()
    assert document["real_time"]["reaction_cycles"] == result.reactions.tolist()
    assert "last event to decision" in str(result) and "late, cycles" in str(result)
    plain = sf.run(ears, timed.values, chip=chip)
    assert np.array_equal(plain.outputs["out"], result.outputs["out"])
    assert plain.real_time is plain.reactions is plain.as_dict()["real_time"] is None
    golden = sf.run(ears, timed, chip=chip, backend="golden")
    assert golden.real_time is None and np.array_equal(golden.outputs["out"], result.outputs["out"])


def test_verify(ears: NetworkBuilder) -> None:
    with pytest.warns(sf.EventsLeftOutWarning):
        timed = sf.real_time(ears, recordings(), bin_width_us=100, clip=True)
    sf.verify(ears, timed, chip=odd_chip()).assert_equal()


def test_a_file_is_what_its_arrays_are(ears: NetworkBuilder, tmp_path: Path) -> None:
    one = recordings()[1]
    np.savez(tmp_path / "one.npz", **one)
    np.save(tmp_path / "columns.npy", np.array([[5.0, 0, 1, 1], [120.0, 1, 0, 0]]))
    given, read = (
        sf.real_time(ears, one, bin_width_us=100),
        sf.read_real_time(tmp_path / "one.npz", network=ears, bin_width_us=100),
    )
    assert np.array_equal(given.values, read.values) and np.array_equal(given.ticks, read.ticks)
    camera = sf.read_real_time(tmp_path / "columns.npy", 1, network=ears, bin_width_us=100)
    assert np.argwhere(camera.values).tolist() == [[0, 0, 1, 1, 0], [0, 1, 0, 0, 1]]


def test_valued_events_of_a_plain_array() -> None:
    net = sf.Network("values", input=(4, 1, 1), timesteps=1).dense("out", np.ones((1, 4)), theta=1)
    timed = sf.real_time(net, np.array([[3.0, 2.0, 1.0], [4.0, 1.0, 0.0]]), bin_width_us=10)
    assert timed.values.reshape(-1).tolist() == [0, 0, 1, 0] and timed.ticks.reshape(-1).tolist() == [0, 0, 3 * 10**6, 0]
    assert isinstance(timed, RealTime)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"gap_us": -1}, "gap_us = -1 is out of range"),
        ({"gap_us": float("nan")}, "gap_us = nan is not a number of microseconds"),
        ({"bin_width_us": 0}, "bin_width_us = 0 is not a positive number"),
        ({"bin_width_us": 10}, "is past the last bin"),
        ({}, "2 events fall into one bin"),
    ],
)
def test_refusals(ears: NetworkBuilder, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(sf.UserError, match=message):
        sf.real_time(ears, recordings(), **{"bin_width_us": 100, **settings})


def test_files_without_times(ears: NetworkBuilder, tmp_path: Path) -> None:
    np.save(tmp_path / "dense.npy", np.zeros((3, 2, 8), int))
    with pytest.raises(sf.InputError, match="without times; give events"):
        sf.read_real_time(tmp_path / "dense.npy", network=ears, bin_width_us=100)
    np.savez(tmp_path / "one.npz", **recordings()[1])
    with pytest.raises(sf.InputError, match="--samples 2 is out of range"):
        sf.read_real_time(tmp_path / "one.npz", 2, network=ears, bin_width_us=100)
    two = sf.Network("two", inputs={"a": (1, 1, 1), "b": (1, 1, 1)}).dense("out", np.ones((1, 2)), source=["a", "b"], theta=1)
    with pytest.raises(sf.InputError, match=r"network two has several inputs \(a, b\)"):
        sf.read_real_time(tmp_path / "one.npz", network=two, bin_width_us=100)
