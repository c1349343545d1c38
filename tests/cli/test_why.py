"""``shiftfire why``: its document, and that what it says to have measured is what `run` takes."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
import shiftfire as sf
from shiftfire.predict.waits import IO_NAME


def test_command(command: Callable) -> None:
    ran = command("why", "digits-mlp", "--samples", "3", "--check", "--json", "-")
    assert ran.code == 0, ran.err
    document = json.loads(ran.out)
    assert document["format"] == "shiftfire-why" and document["samples"] == 3
    assert document["rounds"][0][0]["layer"] in ("hidden", "output", IO_NAME)
    assert document["measured"] == sf.run(sf.load("digits-mlp"), sf.samples("digits-mlp", 3).inputs).cycles
    assert [bound["name"] for bound in document["bounds"]].count("injection") == 1
    assert all(bound["cycles"] <= document["measured"] for bound in document["bounds"])
    assert {remedy["parameter"] for remedy in document["remedies"]} >= {"lanes", "fire_lanes", "inject_queue_depth", "width"}
    assert all(remedy["value"] > remedy["now"] for remedy in document["remedies"])
    assert document["recut"] is None or document["recut"]["predicted"] < document["predicted"]
    assert all(remedy["measured"] for remedy in document["remedies"])


def test_random_network(command: Callable) -> None:
    """A wide input passes the I/O tile word by word: that is the bound, and it is said per sample."""
    ran = command("why", "--layers", "784-32-10", "--timesteps", "4", "--samples", "2")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[-1].startswith("another cut: ")
    bounds = ran.out[ran.out.index("bound by") :].splitlines()
    assert bounds[1].startswith("words of the inputs")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "name a model"),
        (("digits-mlp", "--layers", "8-4"), "exclude each other"),
        (("--layers", "8-4", "--input", "x.npy"), "exclude each other"),
        (("digits-mlp", "--density", "0.5"), "give --layers too"),
    ],
)
def test_mistakes(command: Callable, arguments: tuple[str, ...], says: str) -> None:
    ran = command("why", *arguments)
    assert ran.code == 2 and says in ran.err and ran.err.count("\n") == 1
