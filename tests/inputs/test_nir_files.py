"""NIRGraphData: what nir itself writes, against what nir itself makes of it; and files that are not what they claim."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.network.build.builder import NetworkBuilder

h5py = pytest.importorskip("h5py")
nir = pytest.importorskip("nir")

NEURONS, STEPS, DT = 6, 5, 1e-3


def network(low: int = 0, high: int = 9) -> NetworkBuilder:
    return sf.Network("n", input=(NEURONS, 1, 1), timesteps=STEPS, values=(low, high)).dense("out", np.ones((2, NEURONS)), theta=5)


def write(path: Path, **nodes: dict[str, object]) -> Path:
    nir.write_data(path, nir.NIRGraphData({name: nir.NIRNodeData(observables) for name, observables in nodes.items()}))  # type: ignore[arg-type]
    return path


def spikes(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((3, STEPS, NEURONS)) < 0.4


def test_time_gridded(tmp_path: Path) -> None:
    data = spikes()
    read = sf.read_samples(write(tmp_path / "a.h5", input={"spikes": nir.TimeGriddedData(data, DT)}))
    assert read.inputs.dtype == np.int64 and np.array_equal(read.inputs, data)
    signal = np.arange(data.size).reshape(data.shape) - 3.0
    read = sf.read_samples(write(tmp_path / "b.nir", signal={"current": nir.TimeGriddedData(signal, DT)}), 2)
    assert np.array_equal(read.inputs, signal[:2])


def test_events(tmp_path: Path) -> None:
    """Times in the middle of a step and at its very start, which no float may turn into the step before."""
    grid = nir.TimeGriddedData(spikes(1), DT)
    for shift in (0.0, DT / 2):
        events = grid.to_event(STEPS * NEURONS, shift)
        read = sf.read_samples(write(tmp_path / "a.h5", input={"spikes": events}), network=network(), bin_width_us=1000)
        assert np.array_equal(read.inputs, grid.data)
    values = nir.ValuedEventData(
        idx=np.array([[2, 0, -1]]),
        time=np.array([[0.0, 0.0031, np.inf]]),
        n_neurons=NEURONS,
        t_max=0.005,
        value=np.array([[-3.0, 4, 0]]),
    )
    read = sf.read_samples(write(tmp_path / "v.h5", input={"current": values}), network=network(-9), bin_width_us=1000)
    assert np.array_equal(read.inputs, values.to_time_gridded(DT).data)


def test_which_observable(tmp_path: Path) -> None:
    first, second = nir.TimeGriddedData(spikes(2), DT), nir.TimeGriddedData(spikes(3), DT)
    path = write(tmp_path / "a.h5", input={"spikes": first}, lif={"v": second, "spikes": first})
    assert np.array_equal(sf.read_samples(path).inputs, first.data)
    assert np.array_equal(sf.read_samples(path, observable="lif.v").inputs, second.data)
    with pytest.raises(sf.UserError, match=r"no observable 'lif\.x'; it has input\.spikes, lif\.spikes, lif\.v"):
        sf.read_samples(path, observable="lif.x")
    path = write(tmp_path / "b.h5", one={"spikes": first}, two={"spikes": second})
    with pytest.raises(sf.UserError, match=r"it has 2 observables, one\.spikes, two\.spikes: name one with --observable"):
        sf.read_samples(path)
    with h5py.File(path, "a") as file:  # by hand: nir 1.0.8 does not end when it writes a graph within a graph
        inner = file.create_group("nodes/sub")
        inner.attrs["__type__"] = "NIRGraphData"
        file.copy("nodes/two", inner.create_group("nodes"), "input")
    assert np.array_equal(sf.read_samples(path, observable="sub.input.spikes").inputs, second.data)


def test_events_that_are_refused(tmp_path: Path) -> None:
    events = nir.EventData(np.array([[0, 1]]), np.array([[0.0, 0.006]]), NEURONS, 0.01)
    path = write(tmp_path / "a.h5", input={"spikes": events})
    for settings, message in (
        ({}, r"holds events \(time, idx\): say how long a timestep is"),
        ({"bin_width_us": 1000, "network": network()}, r"event 1: t = 6000\.0 us is past the last bin"),
    ):
        with pytest.raises(sf.UserError, match=message):
            sf.read_samples(path, **settings)  # type: ignore[arg-type]
    events.n_neurons = 7
    with pytest.raises(sf.UserError, match="events are of 7 neurons, the network's input has 6 elements"):
        sf.read_samples(write(path, input={"spikes": events}), network=network(), bin_width_us=1000)
    half = nir.TimeGriddedData(spikes() * 0.5, DT)
    with pytest.raises(sf.UserError, match=r"0\.5 at .* is not a whole number"):
        sf.read_samples(write(path, input={"v": half}))


def observable(path: Path) -> h5py.Group:
    file = h5py.File(path, "w")
    file.attrs["__type__"] = "NIRGraphData"
    node = file.create_group("nodes/input")
    node.attrs["__type__"] = "NIRNodeData"
    group = node.create_group("observables/spikes")
    group.attrs["__type__"] = "TimeGriddedData"
    group.attrs["dt"] = DT
    return group


def test_files_that_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"

    def refused(message: str) -> None:
        begun = time.monotonic()
        with pytest.raises(sf.UserError, match=message) as raised:
            sf.read_samples(path, network=network())
        assert "\n" not in str(raised.value) and str(path) in str(raised.value)
        assert time.monotonic() - begun < 5  # 2 s on a machine with nothing else to do

    path.write_bytes(b"not HDF5")
    refused("cannot be read by h5py")
    write(path, input={"spikes": nir.TimeGriddedData(spikes(), DT)})
    path.write_bytes(path.read_bytes()[:-500])
    refused("cannot be read by h5py")
    nir.write(path, nir.NIRGraph.from_list(nir.Linear(np.ones((2, 2)))))
    refused("it holds no NIRGraphData")
    group = observable(path)
    group.create_dataset(
        "data", (10**6, 1000, 1000), np.float64, chunks=(1, 1000, 1000), compression="gzip"
    )  # 8 TB of zeros in some kB
    group.file.close()
    refused(r"data of shape \(1000000, 1000, 1000\) takes 8,000,000,000,000 bytes")
    group = observable(path)
    group.create_dataset("data", (1, 1, 1), np.float64, chunks=(1 << 10, 1 << 10, 1 << 8), maxshape=(None, None, None))
    group.file.close()
    refused("takes 2,147,483,648 bytes")
    group = observable(path)
    group["data"] = h5py.ExternalLink("/etc/passwd", "/")
    group.file.close()
    refused("data is a link")
    group = observable(path)
    group.create_dataset("data", (1, 1, 100), np.uint8, external=[("/etc/passwd", 0, 100)])
    group.file.close()
    refused("data lies in another file")
    group = observable(path)
    group["data"] = np.array([["text"]], dtype=h5py.string_dtype())
    group.file.close()
    refused("data is object, not numbers")
    group = observable(path)
    group.attrs["dt"] = "soon"
    group["data"] = spikes()
    group.file.close()
    refused("dt is 'soon', not a number")
    group = observable(path)
    group["data"] = spikes()[0]
    group.file.close()
    refused(r"time-gridded data have shape \(5, 6\)")
    group = observable(path)
    group.attrs["__type__"] = "Other"
    group.file.close()
    refused("of type 'Other'")


def test_changed_bytes_never_crash(tmp_path: Path) -> None:
    """A few dozen of what `python -m pytest` has time for; every one is read, or refused in one line."""
    whole = write(tmp_path / "whole.h5", input={"spikes": nir.TimeGriddedData(spikes(), DT)}).read_bytes()
    rng = np.random.default_rng(2)
    path = tmp_path / "a.h5"
    for _ in range(8):
        changed = bytearray(whole)
        for place in rng.integers(0, len(whole), 8):
            changed[place] = int(rng.integers(256))
        path.write_bytes(bytes(changed))
        try:
            sf.read_samples(path, network=network())
        except sf.UserError as error:
            assert "\n" not in str(error)
