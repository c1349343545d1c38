"""Networks of several inputs and outputs: golden, simulator and RTL alike; what comes back of every output; files and documents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shiftfire as sf
from safetensors.numpy import save_file
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.schedule import compile_rounds
from shiftfire.golden.execute import execute
from shiftfire.network.check import check_network
from shiftfire.network.container import load_network, load_test_split
from shiftfire.network.graph import Network
from shiftfire.network.values import NetworkError
from shiftfire.verification.verify import verify
from support.odd_chip import odd_chip
from support.random_networks import RandomLimits, random_network

RNG = np.random.default_rng(4)
WEIGHTS = {
    name: RNG.integers(-8, 8, shape) for name, shape in {"e": (6, 2, 3, 3), "s": (5, 7), "ve": (4, 96), "vs": (4, 5)}.items()
}
COUNTS = {"neuron": "requant", "shift": 2, "lo": -9, "hi": 9}


def two_senses() -> Any:
    """An image in one step, a sound in three, summed; both meet in the vote."""
    net = sf.Network("senses", inputs={"image": {"shape": (2, 4, 4), "values": (0, 5)}, "sound": {"shape": 7, "timesteps": 3}})
    net.conv2d("eye", WEIGHTS["e"], padding=1, **COUNTS)
    net.dense("ear", WEIGHTS["s"], source="sound", timesteps=1, **COUNTS)
    net.layer("vote", [sf.dense(WEIGHTS["ve"], source="eye"), sf.dense(WEIGHTS["vs"], source="ear")], **COUNTS)
    return net.collect("ear")


def samples(count: int = 3) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(9)
    return {"image": rng.integers(0, 6, (count, 2, 4, 4)), "sound": rng.integers(0, 2, (count, 3, 7))}


def by_loops(given: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Ear and vote of each sample, a term at a time."""

    def requant(total: int) -> int:
        return max(-9, min(9, total >> 2))

    ears, votes = [], []
    for image, sound in zip(given["image"], given["sound"], strict=True):
        ear = [requant(sum(int(WEIGHTS["s"][o, i]) * int(step[i]) for step in sound for i in range(7))) for o in range(5)]
        eye = []
        for o in range(6):
            for y in range(4):
                for x in range(4):
                    total = 0
                    for c in range(2):
                        for ky in range(3):
                            for kx in range(3):
                                row, column = y + ky - 1, x + kx - 1
                                if 0 <= row < 4 and 0 <= column < 4:
                                    total += int(WEIGHTS["e"][o, c, ky, kx]) * int(image[c, row, column])
                    eye.append(requant(total))
        vote = [
            sum(int(w) * v for w, v in zip(WEIGHTS["ve"][o], eye, strict=True))
            + sum(int(w) * v for w, v in zip(WEIGHTS["vs"][o], ear, strict=True))
            for o in range(4)
        ]
        ears.append(ear)
        votes.append([requant(total) for total in vote])
    return np.array(ears), np.array(votes)


@pytest.mark.parametrize("backend", ["golden", "sim"])
def test_outputs_are_those_of_plain_loops(backend: str) -> None:
    given = samples()
    ran = sf.run(two_senses(), given, chip=odd_chip(), backend=backend, record=["spikes"])
    ear, vote = by_loops(given)
    assert list(ran.outputs) == ["vote", "ear"]
    assert np.array_equal(ran.outputs["ear"].reshape(3, 5), ear)
    assert np.array_equal(ran.outputs["vote"].reshape(3, 4), vote)
    assert ran.predictions is not None and ran.predictions.tolist() == vote.argmax(axis=1).tolist()
    assert np.array_equal(ran.spikes["sound"].reshape(3, 3, 7), given["sound"])
    assert ran.as_dict()["inputs"] == ["image", "sound"]
    assert [row["layer"] for row in ran.as_dict()["outputs"]] == ["vote", "ear"]
    assert [row["events"] for row in ran.as_dict()["outputs"]] == [np.count_nonzero(vote), np.count_nonzero(ear)]


def test_three_zeros_at_once_and_in_rounds() -> None:
    network, given = two_senses().build(), samples()
    verification = verify(compile_network(network, odd_chip()), given)
    assert verification.passed, verification.as_dict()
    for layers in (1, 2):
        schedule = compile_rounds(network, odd_chip(), most_layers=layers)
        cut = verify(schedule, given)
        assert cut.passed and len(cut.rounds) == -(-3 // layers), cut.as_dict()
        assert np.array_equal(cut.run.outputs["ear"].reshape(3, 5), by_loops(given)[0])


@pytest.mark.parametrize("seed", range(10))
def test_random_networks(seed: int) -> None:
    rng = np.random.default_rng([seed, 77])
    network, inputs = random_network(rng, odd_chip(), RandomLimits(layers=5, inputs=3, outputs_share=0.3))
    verification = verify(compile_network(network, odd_chip()), inputs)
    assert verification.passed, verification.as_dict()
    golden = execute(network, inputs)
    assert set(verification.run.outputs) == set(network.outputs)
    for name, values in verification.run.outputs.items():
        assert np.array_equal(values, golden.activations[name]), name


def test_the_random_networks_have_several_of_both() -> None:
    drawn = [
        random_network(np.random.default_rng([seed, 77]), odd_chip(), RandomLimits(layers=5, inputs=3, outputs_share=0.3))[0]
        for seed in range(10)
    ]
    assert any(len(network.inputs) > 2 for network in drawn) and any(len(network.outputs) > 2 for network in drawn)
    assert any(len({source.timesteps for source in network.inputs}) > 1 for network in drawn)


def test_containers_keep_them(tmp_path: Path) -> None:
    given = samples(4)
    two_senses().save(tmp_path / "senses", given, [0, 1, 2, 3])
    network = load_network(tmp_path / "senses")
    assert [source.name for source in network.inputs] == ["image", "sound"] and network.outputs == ("vote", "ear")
    split = load_test_split(tmp_path / "senses")
    assert isinstance(split.inputs, dict) and np.array_equal(split.inputs["sound"].reshape(4, 3, 7), given["sound"])
    assert sf.samples(tmp_path / "senses", 2).inputs["image"].shape[0] == 2  # type: ignore[call-overload]


@pytest.mark.parametrize("suffix", [".npz", ".safetensors"])
def test_files_by_name(tmp_path: Path, suffix: str) -> None:
    given = {**samples(4), "labels": np.arange(4)}
    path = tmp_path / f"samples{suffix}"
    if suffix == ".npz":
        np.savez(path, **given)
    else:
        save_file(given, path)
    read = sf.read_samples(path, 3, network=two_senses())
    assert isinstance(read.inputs, dict) and set(read.inputs) == {"image", "sound"}
    assert read.labels is not None and read.labels.tolist() == [0, 1, 2]
    assert sf.run(two_senses(), read.inputs, labels=read.labels, chip=odd_chip(), backend="golden").samples == 3


def test_files_that_do_not_suit(tmp_path: Path) -> None:
    def refused(words: str, name: str = "samples.npz", **arrays: np.ndarray) -> None:
        (np.save(tmp_path / name, samples()["image"]) if name.endswith("npy") else np.savez(tmp_path / name, **arrays))
        with pytest.raises(sf.UserError, match=words):
            sf.read_samples(tmp_path / name, network=two_senses())

    refused(r"several inputs \(image, sound\)", "one.npy")
    refused("no array 'sound'; it has image", image=samples()["image"])
    refused("array 'smell' is no input", **samples(), smell=np.zeros(3))
    refused("labels are float64", **samples(), labels=np.zeros(3))
    np.savez(tmp_path / "samples.npz", **samples())
    with pytest.raises(sf.InputError, match="neither binned nor encoded"):
        sf.read_samples(tmp_path / "samples.npz", network=two_senses(), bin_width_us=10)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda given: given["image"], r"several \(image, sound\); give a dict"),
        (lambda given: {"image": given["image"]}, "nothing is given for sound; there are image"),
        (lambda given: {**given, "smell": given["image"]}, "no input 'smell'; it has image, sound"),
        (lambda given: {**given, "sound": given["sound"][:1]}, "different numbers of samples .image 3, sound 1"),
        (lambda given: {**given, "sound": given["sound"] + 1}, "input sound: the value 2 is out of range"),
    ],
)
def test_inputs_that_do_not_suit(change: Callable[[dict[str, np.ndarray]], Any], words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        sf.run(two_senses(), change(samples()), chip=odd_chip())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda n: replace(n, more_outputs=()), None),
        (lambda n: replace(n, more_outputs=("ear", "ear")), "names an output twice"),
        (lambda n: replace(n, more_outputs=("vote",)), "names an output twice"),
        (lambda n: replace(n, more_outputs=("nose",)), "no layer 'nose'"),
        (lambda n: replace(n, more_outputs=("image",)), "no layer 'image'"),
        (lambda n: replace(n, feeds=(*n.feeds, replace(n.input, name="smell"))), "smell of network senses is read by no layer"),
        (lambda n: replace(n, feeds=(*n.feeds, n.input)), "input image: the name is taken"),
        (lambda n: replace(n, feeds=(*n.feeds, replace(n.input, name="labels"))), "none of several is called labels"),
        (lambda n: replace(n, output="ear", more_outputs=()), "vote of network senses is read by no layer and is not an output"),
    ],
)
def test_networks_that_are_refused(change: Callable[[Network], Network], words: str | None) -> None:
    network = change(two_senses().build())
    if words is None:
        assert check_network(network) is network
        return
    with pytest.raises(NetworkError, match=words):
        check_network(network)


def test_builders_refuse_by_name() -> None:
    with pytest.raises(NetworkError, match="needs the shape of its input"):
        sf.Network("n")
    with pytest.raises(NetworkError, match="needs the shape of its input"):
        sf.Network("n", input=3, inputs={"a": 3})
    with pytest.raises(NetworkError, match="input a: no setting 'timestep'; did you mean timesteps"):
        sf.Network("n", inputs={"a": {"shape": 3, "timestep": 2}})
    with pytest.raises(NetworkError, match="input a has no shape"):
        sf.Network("n", inputs={"a": {"values": (0, 1)}})
    with pytest.raises(NetworkError, match="no layer 'eer' to collect; did you mean eye or ear"):
        two_senses().collect("eer")
