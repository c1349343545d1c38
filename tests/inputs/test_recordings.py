"""Recordings of event cameras in the formats that data sets have, against events packed one at a time, or by another library."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.inputs.aedat3 import read_aedat3
from shiftfire.inputs.nmnist import read_nmnist
from shiftfire.network.build.builder import NetworkBuilder

DATA = Path(__file__).parent / "data"


def events(number: int, size: int = 34, last_us: int = 300_000) -> list[tuple[int, int, int, int]]:
    """(t, x, y, p), in the order of time."""
    rng = np.random.default_rng(number)
    t = np.sort(rng.integers(0, last_us, number))
    return [(int(when), *(int(rng.integers(high)) for high in (size, size, 2))) for when in t]


def nmnist_bytes(recording: list[tuple[int, int, int, int]]) -> bytes:
    return b"".join(bytes((x, y)) + ((p << 23) | t).to_bytes(3, "big") for t, x, y, p in recording)


def aedat3_packet(recording: list[tuple[int, int, int, int]], kind: int = 1, overflows: int = 0, valid: int = 1) -> bytes:
    head = struct.pack("<hhiiiiii", kind, 0, 8, 4, overflows, len(recording), len(recording), len(recording))
    return head + b"".join(struct.pack("<Ii", (x << 17) | (y << 2) | (p << 1) | valid, t) for t, x, y, p in recording)


AEDAT3_TEXT = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#!END-HEADER\r\n"


def network(timesteps: int = 4, size: int = 34) -> NetworkBuilder:
    return sf.Network("camera", input=(2, size, size), timesteps=timesteps, values=(0, 255)).dense(
        "out", np.ones((2, 2 * size * size)), theta=5
    )


def counted(recording: list[tuple[int, int, int, int]], timesteps: int, width_us: float, size: int = 34) -> np.ndarray:
    frames = np.zeros((timesteps, 2, size, size), int)
    for t, x, y, p in recording:
        frames[int(t // width_us), p, y, x] += 1
    return frames


def test_nmnist(tmp_path: Path) -> None:
    recording = events(400)
    (tmp_path / "a.bin").write_bytes(nmnist_bytes(recording))
    read = sf.read_samples(tmp_path / "a.bin", network=network(), bin_width_us=75_000)
    assert np.array_equal(read.inputs[0], counted(recording, 4, 75_000)) and read.labels is None


def test_nmnist_clock_that_runs_over(tmp_path: Path) -> None:
    """An event with y = 240 adds 2^13 us to all after it, and is none itself."""
    (tmp_path / "a.bin").write_bytes(nmnist_bytes([(5, 1, 2, 1), (0, 0, 240, 0), (7, 3, 4, 0), (0, 0, 240, 1), (9, 5, 6, 1)]))
    read = read_nmnist(tmp_path / "a.bin")
    assert {name: column.tolist() for name, column in read.items()} == {
        "t": [5, 8192 + 7, 16384 + 9],
        "x": [1, 3, 5],
        "y": [2, 4, 6],
        "p": [1, 0, 1],
    }


def test_aedat3(tmp_path: Path) -> None:
    recording = events(300)
    noise = aedat3_packet(events(20), kind=0) + aedat3_packet(events(7), valid=0)
    (tmp_path / "a.aedat").write_bytes(AEDAT3_TEXT + aedat3_packet(recording[:100]) + noise + aedat3_packet(recording[100:]))
    read = sf.read_samples(tmp_path / "a.aedat", network=network(), bin_width_us=75_000)
    assert np.array_equal(read.inputs[0], counted(recording, 4, 75_000))


def test_aedat3_clock_that_runs_over(tmp_path: Path) -> None:
    (tmp_path / "a.aedat").write_bytes(AEDAT3_TEXT + aedat3_packet([(5, 1, 2, 1)]) + aedat3_packet([(6, 1, 2, 1)], overflows=3))
    assert read_aedat3(tmp_path / "a.aedat")["t"].tolist() == [5, 6 + 3 * 2**31]


def test_aedat4_as_its_makers_library_wrote_it(tmp_path: Path) -> None:
    pytest.importorskip("aedat")
    with np.load(DATA / "recording.npz") as known:
        recording = [(int(t), int(x), int(y), int(p)) for t, x, y, p in zip(*(known[name] for name in "txyp"), strict=True)]
    first = recording[0][0]
    expected = counted([(t - first, x, y, p) for t, x, y, p in recording], 4, 75_000)
    renamed = tmp_path / "renamed.aedat"
    renamed.write_bytes((DATA / "recording.aedat4").read_bytes())
    for file in (DATA / "recording.aedat4", DATA / "recording.npz", renamed):
        read = sf.read_samples(file, network=network(), bin_width_us=75_000, start_us=None)
        assert np.array_equal(read.inputs[0], expected)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.bin", b"12345678", "has 8 bytes: a recording of N-MNIST has 5 per event"),
        ("a.bin", b"", "has 0 bytes"),
        ("a.aedat", b"hello", "is no AEDAT file"),
        ("a.aedat", b"#!AER-DAT2.0\r\n# a\r\n", r"is #!AER-DAT2\.0: its addresses mean something else for every camera; export it"),
        ("a.aedat", b"#!AER-DAT3.1\r\n#Source", "has no #!END-HEADER; it is cut off"),
        ("a.aedat", b"#!AER-DAT3.1\r\nx", "has no #!END-HEADER"),
        ("a.aedat", AEDAT3_TEXT + aedat3_packet(events(5))[:20], "ends within the header of a packet"),
        ("a.aedat", AEDAT3_TEXT + aedat3_packet(events(5))[:-1], "claims 5 of 5 events of 8 bytes; it is cut off"),
        (
            "a.aedat",
            AEDAT3_TEXT + struct.pack("<hhiiiiii", 1, 0, 8, 4, 0, 2**31 - 1, 2**31 - 1, 0),
            "claims 2147483647 of 2147483647 events",
        ),
        ("a.aedat", AEDAT3_TEXT + struct.pack("<hhiiiiii", 1, 0, -8, 4, 0, 1, 1, 0), "of -8 bytes"),
        ("a.aedat", AEDAT3_TEXT + struct.pack("<hhiiiiii", 1, 0, 4, 4, 0, 1, 1, 0) + b"1234", "polarity events of 4 bytes"),
    ],
)
def test_broken_recordings(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(sf.UserError, match=message) as raised:
        sf.read_samples(tmp_path / name, network=network(), bin_width_us=75_000)
    assert "\n" not in str(raised.value)


def test_broken_aedat4(tmp_path: Path) -> None:
    """Cut off or changed anywhere: read, or refused in one line; never a crash."""
    pytest.importorskip("aedat")
    whole = (DATA / "recording.aedat4").read_bytes()
    rng = np.random.default_rng(1)
    broken = [whole[:14], whole[:200], whole[: len(whole) // 2]]
    for _ in range(3):
        changed = bytearray(whole)
        changed[int(rng.integers(14, 300))] ^= int(rng.integers(1, 256))
        broken.append(bytes(changed))
    refused = 0
    for content in broken:
        (tmp_path / "a.aedat4").write_bytes(content)
        try:
            sf.read_samples(tmp_path / "a.aedat4", network=network(), bin_width_us=75_000, start_us=None)
        except sf.UserError as error:
            refused += 1
            assert "\n" not in str(error) and "a.aedat4" in str(error)
    assert refused >= 3


def test_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shiftfire.inputs.guarded.find_spec", lambda name: None)
    for name, message in (("a.aedat4", r"needs aedat, which .* 'shiftfire\[aedat\]'"), ("a.h5", r"needs h5py.*\[nir\]")):
        (tmp_path / name).write_bytes(b"x")
        with pytest.raises(sf.UserError, match=message):
            sf.read_samples(tmp_path / name, network=network(), bin_width_us=75_000)
