"""Recordings of event cameras, from files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.network.build.builder import NetworkBuilder


@pytest.fixture
def camera() -> NetworkBuilder:
    return sf.Network("camera", input=(2, 4, 6), timesteps=3).dense("out", np.ones((2, 48)), theta=5)


def recording() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.stack([rng.integers(0, high, 80) for high in (300, 6, 4, 2)], axis=1)


def test_a_file_is_what_its_array_is(tmp_path: Path, camera: NetworkBuilder) -> None:
    events = recording()
    np.save(tmp_path / "plain.npy", events)
    structured = np.zeros(len(events), [("t", "u8"), ("x", "u2"), ("y", "u2"), ("p", "?")])
    for number, name in enumerate("txyp"):
        structured[name] = events[:, number]
    np.save(tmp_path / "structured.npy", structured)
    with pytest.warns(sf.EventsLeftOutWarning):
        expected = sf.events_to_frames(events, shape=(2, 4, 6), timesteps=3, bin_width_us=100, largest=1, counts="clip")
    for name in ("plain.npy", "structured.npy"):
        with pytest.warns(sf.EventsLeftOutWarning, match="17 of 80 are above the largest count, 1"):
            read = sf.read_samples(tmp_path / name, network=camera, bin_width_us=100, clip=True)
        assert np.array_equal(read.inputs, expected) and read.labels is None
    assert sf.run(camera, expected, backend="golden").samples == 1


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("structured.npy", {}, r"holds events \(t, x\): say how long a timestep is with --bin-width"),
        ("plain.npy", {"bin_width_us": 100}, "a bin width is for the events of a recording; say for which network"),
        ("plain.xyz", {}, "the name must end in one of .npy, .npz"),
        ("plain.npy", {"bin_width_us": 100, "network": True}, "events fall into one bin at"),
        ("plain.npy", {"bin_width_us": 50, "network": True}, r"is past the last bin \(3 bins of 50 us end at 150\)"),
        ("half.npy", {}, r"the value 0\.5 at \(0, 1\) is not a whole number"),
    ],
)
def test_files_that_are_refused(
    tmp_path: Path, camera: NetworkBuilder, name: str, settings: dict[str, object], message: str
) -> None:
    np.save(tmp_path / "plain.npy", recording())
    np.save(tmp_path / "structured.npy", np.zeros(3, [("t", int), ("x", int)]))
    np.save(tmp_path / "half.npy", np.array([[1, 0.5]]))
    chosen = {key: camera if value is True else value for key, value in settings.items()}
    with pytest.raises(sf.UserError, match=message):
        sf.read_samples(tmp_path / name, **chosen)  # type: ignore[arg-type]


def test_floats_and_booleans_of_a_file(tmp_path: Path, camera: NetworkBuilder) -> None:
    values = np.random.default_rng(1).integers(0, 2, (2, 3, 48))
    for kind in (bool, np.float32, np.uint8):
        np.save(tmp_path / "in.npy", values.astype(kind))
        read = sf.read_samples(tmp_path / "in.npy").inputs
        assert read.dtype == np.int64 and np.array_equal(read, values)
