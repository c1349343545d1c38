"""Inputs in .npz: samples, events, and archives that are not what they claim."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import shiftfire as sf


def test_samples_and_labels(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 9, (3, 2, 5))
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", inputs=values.astype(np.float32), labels=np.arange(3, dtype=np.uint8))
        read = sf.read_samples(tmp_path / "a.npz", 2)
        assert read.labels is not None and read.inputs.dtype == read.labels.dtype == np.int64
        assert np.array_equal(read.inputs, values[:2]) and read.labels.tolist() == [0, 1]


def test_events_of_a_population(tmp_path: Path) -> None:
    network = sf.Network("n", input=(6, 1, 1), timesteps=3, values=(-9, 9)).dense("out", np.ones((2, 6)), theta=5)
    np.savez(tmp_path / "a.npz", t=[0, 10, 29], i=[1, 5, 1], v=[3, -2, 9])
    expected = np.zeros((3, 6), int)
    expected[0, 1], expected[1, 5], expected[2, 1] = 3, -2, 9
    assert np.array_equal(sf.read_samples(tmp_path / "a.npz", network=network, bin_width_us=10).inputs[0], expected)
    np.savez(tmp_path / "b.npz", t=[0, 10, 29], i=[1, 5, 1])
    assert np.array_equal(sf.read_samples(tmp_path / "b.npz", network=network, bin_width_us=10).inputs[0], expected != 0)


def archive(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)


def npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def test_archives_that_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.npz"

    def refused(message: str) -> None:
        with pytest.raises(sf.UserError, match=message) as raised:
            sf.read_samples(path)
        assert "\n" not in str(raised.value)

    path.write_bytes(b"PK\x03\x04 cut off")
    refused(r"is not a \.npz file")
    archive(path, {"inputs.npy": npy(np.ones((2, 2)))})
    path.write_bytes(path.read_bytes()[:-30])
    refused(r"is not a \.npz file")
    archive(path, {"other.npy": npy(np.ones((2, 2)))})
    refused("has no array 'inputs'; it has other")
    archive(path, {"inputs.npy": b"text"})
    refused(r"array 'inputs' is not a \.npy file")
    archive(path, {"inputs.npy": npy(np.array([{}], dtype=object))})
    refused(r"array 'inputs' is not a \.npy file")
    archive(path, {"inputs.npy": npy(np.ones((2, 2))), "inputs": npy(np.ones((2, 2)))})
    refused("two arrays 'inputs'")
    archive(path, {f"{n}.npy": b"" for n in range(300)})
    refused("has 300 arrays, more than 256")
    archive(path, {"inputs.npy": npy(np.ones((2, 2))), "labels.npy": npy(np.ones(3, int))})
    refused("give one integer per sample")
    monkeypatch.setattr("shiftfire.inputs.arrays.MAX_INPUT_BYTES", 100_000)
    archive(path, {"inputs.npy": npy(np.zeros((1000, 1000), np.uint8))})
    assert path.stat().st_size < 10_000
    refused("unpacks to more than 100000 bytes")
