"""``shiftfire bench``: figures, keys, the random network. The executions are fakes; their own tests are elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from shiftfire.api.speed import Execution, Measurement, Timing, headline
from shiftfire_hw.testing import cocotb_chip

pytestmark = pytest.mark.usefixtures("fake_backend")


def test_document(command: Callable, model: Path) -> None:
    ran = command("bench", model, "--samples", 2, "--repeats", 3, "--json", "-")
    document = json.loads(ran.out)
    rows = {row["backend"]: row for row in document["backends"]}
    assert list(rows) == ["golden", "sim", "cocotb", "native"]
    assert document["sim_cycles_per_s"] == rows["sim"]["cycles_per_second"]
    assert document["rtl_cycles_per_s"] == rows["cocotb"]["cycles_per_second"]
    assert document["native_cycles_per_s"] == rows["native"]["cycles_per_second"]
    assert {"ratio", "native_ratio", "peak_memory_mb"} <= set(document)
    assert 10 < document["peak_memory_mb"] < 1e5
    assert rows["golden"]["cycles_per_second"] is None
    assert all(len(row["seconds_one_sample"]) == len(row["seconds_all_samples"]) == 3 for row in rows.values())
    assert "building chip edge for cocotb" in ran.err


def test_chosen_executions_only(command: Callable, model: Path) -> None:
    ran = command("bench", model, "--backend", "native", "--backend", "golden", "--samples", 2, "--json", "-")
    document = json.loads(ran.out)
    assert [row["backend"] for row in document["backends"]] == ["golden", "native"]
    assert (document["sim_cycles_per_s"], document["ratio"], document["peak_memory_mb"]) == (None, None, None)


def test_headline_by_hand() -> None:
    rates = {Execution.SIM: 300.0, Execution.COCOTB: 4.0, Execution.NATIVE: 6.0}
    rows = [{"backend": e, "cycles_per_second": rate} for e, rate in rates.items()]
    figures = headline(Measurement(rows, 9.5))
    assert (figures["ratio"], figures["native_ratio"], figures["peak_memory_mb"]) == (75.0, 50.0, 9.5)
    assert headline(Measurement(rows[:1], None))["ratio"] is None


def test_rates_by_hand() -> None:
    """One sample takes 3 s of which 1 s is its own; ten more take 10 s. One slow repeat must not matter."""
    row = Timing(60.0, (100, 1100), ((3.0, 13.0), (3.0, 13.0), (30.0, 99.0))).row(Execution.SIM, 11)
    assert row["build_seconds"] == 60
    assert row["start_seconds"] == pytest.approx(2)
    assert row["inferences_per_second"] == pytest.approx(1)
    assert row["milliseconds_per_inference"] == pytest.approx(1000)
    assert row["cycles_per_second"] == pytest.approx(100)


def test_without_cocotb_its_row_is_left_out(command: Callable, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cocotb_chip, "cocotb_is_installed", lambda: False)
    ran = command("bench", model, "--repeats", 1, "--samples", 2, "--json", "-")
    document = json.loads(ran.out)
    assert ran.code == 0
    assert [row["backend"] for row in document["backends"]] == ["golden", "sim", "native"]
    assert (document["rtl_cycles_per_s"], document["ratio"]) == (None, None)
    assert len(re.findall(r"cocotb.*pip install.*", ran.err)) == 1


def test_random_network(command: Callable) -> None:
    ran = command("bench", "--layers", "30-20-5", "--timesteps", 8, "--density", 0.5, "--seed", 3, "--samples", 3, "--json", "-")
    document = json.loads(ran.out)
    assert ran.code == 0
    assert document["model"] == "random-30-20-5"
    assert (document["timesteps"], document["density"], document["seed"], document["samples"]) == (8, 0.5, 3, 3)
    assert set(document["spike_rates"]) == {"dense1", "dense2"}
    assert 0 < document["spike_rates"]["dense1"] < 0.5


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("--layers", "784"), ("'784'", "784-128-10")),
        (("--layers", "784--10"), ("'784--10'", "784-128-10")),
        (("--layers", "784-ten"), ("'784-ten'", "784-128-10")),
        (("--layers", "784x10"), ("'784x10'", "784-128-10")),
        (("--layers", "784-²"), ("784-128-10",)),
        (("--layers", ""), ("''", "784-128-10")),
        (("--layers", "784-0"), ("a size is 0", "1..65535")),
        (("--layers", "65536-10"), ("a size is 65536", "1..65535")),
        (("--layers", "9" * 5000 + "-10"), ("1..65535",)),
        (("--layers", "65535-65535"), ("4,294,836,225 weights", "33,554,432", "smaller layers")),
        (("--layers", "10-" * 17 + "10", "--backend", "cocotb"), ("--backend cocotb", "fits a chip at once", "2 rounds")),
        (("--layers", "9-9", "--density", "1.5"), ("--density 1.5", "0..1")),
        (("--layers", "9-9", "--density", "-0.1"), ("--density -0.1", "0..1")),
        (("--layers", "9-9", "--density", "nan"), ("--density nan", "0..1")),
        (("--layers", "9-9", "--timesteps", "0"), ("--timesteps 0", "1 or more")),
        (("--layers", "9-9", "--timesteps", "100000000"), ("100000000 timesteps", "bytes")),
        (("--layers", "9-9", "--seed", "-1"), ("--seed -1", "0 or more")),
        (("--density", "0.1"), ("--density 0.1", "--layers")),
        (("digits-cnn", "--layers", "9-9"), ("'digits-cnn'", "'9-9'")),
    ],
    ids=lambda value: " ".join(value)[:40],
)
def test_mistakes(command: Callable, arguments: tuple[str, ...], parts: tuple[str, ...]) -> None:
    ran = command("bench", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1 and ran.err.startswith("shiftfire: "), ran.err
    for part in parts:
        assert part in ran.err, ran.err
