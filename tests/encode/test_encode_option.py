"""``--encode``: a file of real values as what the network takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.encode.text import parse


def network(timesteps: int = 4, values: tuple[int, int] = (0, 1), channels: int = 6) -> sf.Network:
    return sf.Network("n", input=(channels, 1, 1), timesteps=timesteps, values=values).dense("out", np.ones((2, channels)), theta=5)


@pytest.mark.parametrize(
    ("text", "net", "expected"),
    [
        ("rate:seed=3", network(), lambda x: sf.encode.rate(x, 4, seed=3)),
        ("rate:T=4,max=2", network(), lambda x: sf.encode.rate(x, 4, most=2)),
        ("latency", network(), lambda x: sf.encode.latency(x, 4)),
        ("latency:law=log,zero=no", network(), lambda x: sf.encode.latency(x, 4, law="log", zero=False)),
        ("direct", network(values=(-127, 127)), lambda x: sf.encode.direct(x, 4, levels=127)),
        ("direct:levels=7,max=1.5", network(values=(0, 15)), lambda x: sf.encode.direct(x, 4, levels=7, most=1.5)),
    ],
)
def test_images(tmp_path: Path, text: str, net: sf.Network, expected: object) -> None:
    x = np.random.default_rng(0).random((3, 6))
    np.savez(tmp_path / "x.npz", inputs=x, labels=[0, 1, 0])
    read = sf.read_samples(tmp_path / "x.npz", 2, network=net, encode=text)
    assert np.array_equal(read.inputs, expected(x)[:2])  # type: ignore[operator]
    assert read.labels is not None and read.labels.tolist() == [0, 1]
    assert sf.run(net, read.inputs, backend="golden").samples == 2


def test_signals(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(3, 4, 3))
    np.save(tmp_path / "x.npy", x)
    for text, expected in (
        ("delta:threshold=0.5,off=channel", sf.encode.delta(x, threshold=0.5, off="channel")),
        ("crossing:levels=-0.5/0.5,off=none", sf.encode.crossing(x, (-0.5, 0.5), off="none")),
    ):
        read = sf.read_samples(tmp_path / "x.npy", network=network(), encode=text)
        assert np.array_equal(read.inputs, expected)
    one = sf.read_samples(tmp_path / "x.npy", network=network(channels=3), encode="crossing:levels=0,off=none")
    assert np.array_equal(one.inputs, sf.encode.crossing(x, [0.0], off="none"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("poisson", "there is no encoder 'poisson'; there are rate, direct, latency, delta, crossing"),
        ("rate:steps=3", "'steps=3' is no setting of rate; it has T=, seed=, max="),
        ("rate:T", "'T' is no setting"),
        ("rate:T=x", "T=x is no number"),
        ("rate:T=inf", "T=inf is no number"),
        ("rate:T=3,T=4", "T is given twice"),
        ("rate:T=1.5", r"rate: T = 1\.5 is not an integer"),
        ("rate:T=1/2", r"rate: T = \(1, 2\) is not an integer"),
        ("rate:seed=yes", "seed = True is not an integer"),
        ("delta", "name the change that is an event"),
        ("crossing", "are not 1 to 4096 rising numbers"),
        ("latency:zero=2", "zero = 2 is neither"),
    ],
)
def test_texts_that_are_refused(tmp_path: Path, text: str, message: str) -> None:
    np.save(tmp_path / "x.npy", np.full((3, 4, 3), 0.5))
    with pytest.raises(sf.UserError, match=message):
        sf.read_samples(tmp_path / "x.npy", network=network(), encode=text)


def test_settings() -> None:
    assert parse("rate:T=16,seed=0") == ("rate", {"T": 16, "seed": 0})
    assert parse("crossing:levels=0.5/1e3/-2,off=none") == ("crossing", {"levels": (0.5, 1000.0, -2), "off": "none"})


def test_files_that_cannot_be_encoded(tmp_path: Path) -> None:
    np.savez(tmp_path / "e.npz", t=[0], i=[0])
    np.save(tmp_path / "flat.npy", np.zeros(3))
    for name, settings, message in (
        ("e.npz", {"network": network()}, "--encode rate is for values, not for events"),
        ("flat.npy", {"network": network()}, r"has shape \(3,\)"),
        ("flat.npy", {}, "to encode it, say for which network"),
    ):
        with pytest.raises(sf.UserError, match=message):
            sf.read_samples(tmp_path / name, encode="rate", **settings)  # type: ignore[arg-type]
