"""``shiftfire energy`` and ``shiftfire breakeven``: documents against the run they are of, files for other tools, mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import shiftfire as sf

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def valid(text: str, name: str) -> dict[str, Any]:
    """The document, which holds to its schema."""
    schema = json.loads((REFERENCE / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    document = json.loads(text)
    jsonschema.validate(document, schema, jsonschema.Draft202012Validator)
    return document


def test_one_definition_of_an_estimate() -> None:
    run, energy = (
        json.loads((REFERENCE / f"{name}.schema.json").read_text(encoding="utf-8"))["$defs"] for name in ("run", "energy")
    )
    assert run == energy


def test_document(command: Callable) -> None:
    ran = command("energy", "digits-mlp", "--samples", "3", "--json", "-")
    assert ran.code == 0, ran.err
    document = valid(ran.out, "energy")
    run = sf.run(sf.load("digits-mlp"), sf.samples("digits-mlp", 3).inputs)
    assert run.energy is not None and document["cycles"] == run.cycles
    own = document["estimates"][0]
    assert own["picojoules_per_inference"] == pytest.approx(run.energy.per_inference.nominal)
    assert sum(row["nominal"] for row in document["by_layer"]) == pytest.approx(own["picojoules_per_inference"])
    assert {row["layer"] for row in document["by_layer"]} == {"hidden", "output", None}
    operations = run.counter_totals["LANE_ADDS"] / 3  # type: ignore[index]
    assert document["synaptic_operations_per_inference"] == operations
    each = document["picojoules_per_synaptic_operation"]["events"]
    assert each["low"] == pytest.approx(own["picojoules_per_inference_low"] / operations)
    assert [estimate["title"] for estimate in document["estimates"]] == [
        "shiftfire",
        "ideal (a bound)",
        "output-stationary",
        "weight-stationary",
        "zeros skipped",
    ]


def test_voltage_and_technology(command: Callable) -> None:
    """Dynamic energy goes with the square of the voltage, leakage with the voltage; 45 nm by the factor that is named."""

    def estimate(*options: str) -> dict:
        ran = command("energy", "digits-mlp", "--samples", "1", "--json", "-", *options)
        assert ran.code == 0, ran.err
        return valid(ran.out, "energy")["estimates"][0]

    def leaks(known: dict) -> float:
        return sum(part["picojoules"] for part in known["leakage"])

    nominal, low, old = estimate(), estimate("--volts", "0.6"), estimate("--scaling", "stillmaker-baas")
    assert low["picojoules_per_inference"] == pytest.approx(nominal["picojoules_per_inference"] * 0.75**2)
    assert leaks(low) == pytest.approx(leaks(nominal) * 0.75)
    assert old["picojoules_per_inference"] == pytest.approx(nominal["picojoules_per_inference"] / 0.24)


def test_for_accelergy(command: Callable, tmp_path: Path) -> None:
    """Every action has an energy, and counts times energies are the total with a gated clock."""
    counts, energies = tmp_path / "counts.yaml", tmp_path / "ert.yaml"
    ran = command(
        *(
            "energy",
            "digits-mlp",
            "--samples",
            "2",
            "--action-counts",
            str(counts),
            "--reference-table",
            str(energies),
            "--json",
            "-",
        )
    )
    assert ran.code == 0, ran.err
    table = {
        (entry["name"], action["name"]): action["energy"]
        for entry in json.loads(energies.read_text())["ERT"]["tables"]
        for action in entry["actions"]
    }
    actions = [
        ((entry["name"], action["name"]), action["counts"])
        for entry in json.loads(counts.read_text())["action_counts"]["local"]
        for action in entry["action_counts"]
    ]
    assert len({key for key, _ in actions}) == len(actions) == len(table)
    total = json.loads(ran.out)["estimates"][0]["totals_per_inference"]["gated"]["nominal"]
    assert sum(count * table[key] for key, count in actions) / 2 == pytest.approx(total)


def test_pictures(command: Callable, tmp_path: Path) -> None:
    picture = tmp_path / "e.svg"
    ran = command("energy", "digits-mlp", "--samples", "1", "--plot", str(picture))
    assert ran.code == 0, ran.err
    assert "<svg" in picture.read_text()


def test_breakeven(command: Callable, tmp_path: Path) -> None:
    """More of the dense machine's bits, a later crossing; sums in registers, a later one still; settings stand first."""
    picture = tmp_path / "b.png"
    ran = command(
        *("breakeven", "--timesteps", "5", "--weight-bits", "1,4,8", "--fan-out", "32", "--fan-in", "64", "--samples", "2"),
        *("--json", "-", "--plot", str(picture)),
    )
    assert ran.code == 0, ran.err
    assert ran.err.index("T = 5; weights of 1, 4, 8 bits; 32 outputs") < ran.err.index("break-even rate")
    rows = {(row["weight_bits"], row["accumulators"], row["counted"]): row for row in valid(ran.out, "breakeven")["crossings"]}
    for counted in ("events", "events and a gated clock"):
        memory, registers = rows[8, "memory", counted], rows[8, "register file", counted]
        assert 0 < memory["nominal"] < registers["nominal"] < 0.5
        assert rows[4, "register file", counted]["nominal"] < registers["nominal"]
        assert rows[1, "memory", counted]["nominal"] is None
    assert "below 0.5%" in ran.err
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_a_random_network_that_takes_rounds(command: Callable) -> None:
    """One that does not fit the chip at once is run in rounds, and loaded from main memory with them."""
    ran = command("energy", "--layers", "200-40-8", "--density", "0.1", "--chip", "nano", "--samples", "1", "--json", "-")
    assert ran.code == 0, ran.err
    own, _, built, *_ = valid(ran.out, "energy")["estimates"]
    read, weights = (next(p["count"] for p in known["main_memory"] if p["name"] == "main memory:read") for known in (own, built))
    assert read > weights > 4 * (200 * 40 + 40 * 8)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("energy",), "name a model"),
        (("energy", "digits-mlp", "--volts", "9"), "9 V: energies are scaled"),
        (("energy", "digits-mlp", "--plot", "e.bmp"), "picture e.bmp: the name ends in one of .png, .svg, .pdf"),
        (("energy", "digits-mlp", "--movement", "warp"), "choose one of dsent, loihi"),
        (("breakeven", "--timesteps", "5,x"), "--timesteps '5,x': give whole numbers"),
        (("breakeven", "--weight-bits", "3"), "weights of 3 bits: there are 1, 2, 4, 8"),
        (("breakeven", "--fan-out", "0"), "fan-out 0: give 1 or more"),
        (("breakeven", "--fan-in", "0"), "fan-in 0: give 1 or more"),
    ],
)
def test_mistakes(command: Callable, arguments: tuple[str, ...], says: str) -> None:
    ran = command(*arguments)
    assert ran.code == 2 and says in ran.err and ran.err.splitlines()[-1].count(says) == 1
