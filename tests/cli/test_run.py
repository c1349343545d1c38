"""``shiftfire run``: figures, documents, traces. The executions are fakes; their own tests are elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from safetensors.numpy import save_file
from shiftfire_spec.counters import Counter
from shiftfire_spec.fingerprint import contract_fingerprint

SCHEMA = json.loads((Path(__file__).resolve().parent.parent.parent / "docs/reference/run.schema.json").read_text())
pytestmark = pytest.mark.usefixtures("fake_backend")


def test_tables(command: Callable, model: Path) -> None:
    ran = command("run", model, "--samples", 3)
    assert (ran.code, ran.err) == (0, "")
    for part in (
        "predictions",
        "0 0 0",
        "33.33%  (1 of 3)",  # labels 0 1 1
        "1,000",  # cycles
        "min 40  mean 41  max 42",
        "min 0.40 us  mean 0.41 us  max 0.42 us",  # at 100 MHz
        "300,000 inferences/s",  # 3 samples in 10 us
        "10.0%",  # 100 busy cycles of 1000
        "energy per inference",
        "output-stationary",
        "clock, as built",
        "range",
    ):
        assert part in ran.out, part
    bound, chain, remedy = ran.out.splitlines()[-3:]
    assert bound.startswith("bottleneck: ") and bound.endswith(" of the run")
    assert chain.startswith("cycles of its longest chain, by prediction of 3 samples: ")
    assert remedy.startswith("would help: ")


def test_document(command: Callable, model: Path, tmp_path: Path) -> None:
    assert command("run", model, "--json", tmp_path / "r.json").code == 0
    document = json.loads((tmp_path / "r.json").read_text())
    jsonschema.validate(document, SCHEMA, jsonschema.Draft202012Validator)
    assert (document["format"], document["version"]) == ("shiftfire-run", 1)
    assert document["contract_fingerprint"] == f"{contract_fingerprint():#010x}"
    assert document["chip"]["name"] == "edge"
    assert document["chip"]["lanes"] == 16
    assert (document["samples"], document["accuracy"], document["cycles"], document["config_cycles"]) == (6, 0.5, 1000, 77)
    assert document["latency_cycles"] == {"min": 40, "mean": 42.5, "max": 45}
    assert [tile["layer"] for tile in document["tiles"]] == ["hidden", "out"]
    assert sum(part["cycles"] for part in document["bottleneck"]["parts"]) == pytest.approx(1000)
    assert document["tiles"][0]["counters"] == {c.name: 100 + c for c in Counter}
    assert document["counters"]["BEATS"] == 2 * (100 + Counter.BEATS)
    assert [e["title"] for e in document["energy"]] == [
        "shiftfire",
        "ideal (a bound)",
        "output-stationary",
        "weight-stationary",
        "zeros skipped",
    ]
    for estimate in document["energy"]:
        low, nominal, high = (estimate[f"picojoules_per_inference{end}"] for end in ("_low", "", "_high"))
        assert 0 < low < nominal < high


def test_json_on_standard_output_is_alone_there(command: Callable, model: Path) -> None:
    ran = command("run", model, "--json", "-")
    assert json.loads(ran.out)["model"] == "toy"
    assert "predictions" in ran.err


def test_golden_has_no_cycles_and_no_energy(command: Callable, model: Path) -> None:
    ran = command("run", model, "--backend", "golden", "--json", "-")
    document = json.loads(ran.out)
    assert ran.code == 0
    assert (document["cycles"], document["latency_us"], document["energy"], document["tiles"]) == (None, None, [], [])


@pytest.mark.parametrize("name", ["t.json", "t.csv"])
def test_trace(command: Callable, model: Path, tmp_path: Path, name: str) -> None:
    assert command("run", model, "--trace", tmp_path / name).code == 0
    text = (tmp_path / name).read_text()
    assert "END" in text
    if name.endswith("json"):
        assert {"ph", "pid"} <= set(json.loads(text)["traceEvents"][0])


def test_own_inputs(command: Callable, model: Path, tmp_path: Path) -> None:
    inputs = np.ones((4, 2, 3, 1, 1), np.uint8)
    np.save(tmp_path / "x.npy", inputs)
    save_file({"inputs": inputs, "labels": np.array([0, 0, 0, 1])}, tmp_path / "x.safetensors")
    plain = json.loads(command("run", model, "--input", tmp_path / "x.npy", "--json", "-").out)
    labelled = json.loads(command("run", model, "--input", tmp_path / "x.safetensors", "--json", "-").out)
    assert (plain["samples"], plain["accuracy"]) == (4, None)
    assert (labelled["samples"], labelled["accuracy"]) == (4, 0.75)


def test_recentre(command: Callable, model: Path, tmp_path: Path) -> None:
    """The toy's layers are no counts: nothing changes, and the command says so."""
    ran = command("run", model, "--recentre", 0, "--json", tmp_path / "r.json")
    assert ran.code == 0 and "no stream gains from another level" in ran.out
    assert json.loads((tmp_path / "r.json").read_text())["recentred"] == []
    assert command("run", model, "--recentre", -1).code == 2
