"""``shiftfire why``: its document, and that what it says to have measured is what `run` takes."""

from __future__ import annotations

import json
from collections.abc import Callable

import shiftfire as sf
from shiftfire.predict.waits import IO_NAME


def test_command(command: Callable) -> None:
    ran = command("why", "digits-mlp", "--samples", "3", "--check", "--json", "-")
    assert ran.code == 0, ran.err
    document = json.loads(ran.out)
    assert document["format"] == "shiftfire-why" and document["samples"] == 3
    assert document["rounds"][0][0]["layer"] in ("hidden", "output", IO_NAME)
    assert document["measured"] == sf.run(sf.load("digits-mlp"), sf.samples("digits-mlp", 3).inputs).cycles
    assert {remedy["parameter"] for remedy in document["remedies"]} >= {"lanes", "fire_lanes", "inject_queue_depth"}
    assert all(remedy["measured"] for remedy in document["remedies"])
