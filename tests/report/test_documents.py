"""Documents of runs and verifications hold to the schemas in ``docs/reference``, whatever ran and however it went."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import shiftfire as sf
from shiftfire.backends.backend import Progress
from shiftfire.backends.sim import Simulator
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire.system.plan import RunPlan
from shiftfire.system.result import RunResult
from shiftfire_spec.address import Space
from shiftfire_spec.packet import PayloadKind
from shiftfire_spec.weights import WeightFormat
from support.odd_chip import odd_chip

REFERENCE = Path(__file__).resolve().parent.parent.parent / "docs" / "reference"
INPUTS = np.random.default_rng(5).integers(0, 16, (4, 6, 1, 1))
LABELS = np.array([0, 1, 2, 0])


@cache
def schema(name: str) -> dict[str, Any]:
    found = json.loads((REFERENCE / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(found)
    return found


def valid(name: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """The document as it is read from a file."""
    read = json.loads(json.dumps(document, allow_nan=False))
    jsonschema.validate(read, schema(name), jsonschema.Draft202012Validator)
    return read


def network(readout: Readout = Readout.EVENT) -> Network:
    """6 counts -> 8 LIF neurons, T = 3 -> argmax of 3, or LIF neurons that nobody reads."""
    rng = np.random.default_rng(3)
    hidden = Synapses("in", SynapseOp.DENSE, rng.integers(-3, 8, (8, 6)), WeightFormat.INT4)
    out = Synapses("hidden", SynapseOp.DENSE, rng.integers(-8, 8, (3, 8)), WeightFormat.INT4)
    zeros = np.zeros(3, np.int64)
    last = (
        Layer("out", Shape(3), (out,), Argmax(zeros))
        if readout is Readout.EVENT
        else Layer("out", Shape(3), (out,), Lif(zeros + 4, zeros, v_min=-500, v_max=500), 3)
    )
    first = Layer("hidden", Shape(8), (hidden,), Lif(np.full(8, 20), np.zeros(8, np.int64), v_min=-500, v_max=500), 3)
    return Network("documented", Input("in", Shape(6), 1, PayloadKind.COUNT, 0, 15), (first, last), "out", readout)


class Counterless(Simulator):
    """What the RTL of a chip without counters gives: the simulator's figures but for those."""

    def run(self, plans: Sequence[RunPlan], *, trace: bool = False, progress: Progress | None = None) -> tuple[RunResult, ...]:
        assert plans[0].program.chip.counter_bits == 0
        return tuple(replace(result, counters=None) for result in super().run(plans, trace=trace, progress=progress))


RUNS = {
    "resident on golden": {"backend": "golden"},
    "resident on sim": {"backend": "sim"},
    "resident on rtl": {"backend": "rtl"},
    "rounds on golden": {"backend": "golden", "layers_at_once": 1},
    "rounds on sim": {"backend": "sim", "layers_at_once": 1},
    "rounds on rtl": {"backend": "rtl", "layers_at_once": 1},
    "without counters": {"backend": Counterless(), "chip": replace(odd_chip(), name="mute", counter_bits=0)},
    "rounds without counters": {"backend": Counterless(), "chip": "nano", "layers_at_once": 1},
    "without labels": {"backend": "sim", "labels": None},
    "re-centred": {"backend": "sim", "recentre": 0},
}


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("readout", [Readout.EVENT, Readout.NONE])
def test_runs(name: str, readout: Readout) -> None:
    options = {"chip": odd_chip(), "labels": LABELS, **RUNS[name]}
    result = sf.run(network(readout), INPUTS, **options)
    document = valid("run", result.as_dict())
    assert document["backend"] == getattr(options["backend"], "name", options["backend"])
    assert len(document["rounds"]) == (2 if "layers_at_once" in options else 1)
    known = {
        key
        for key in ("accuracy", "cycles", "latency_cycles", "latency_us", "nanojoules_per_inference")
        if document[key] is not None
    }
    timed = {"cycles", "latency_cycles", "latency_us"} if options["backend"] != "golden" else set()
    counted = {"nanojoules_per_inference"} if timed and not isinstance(options["backend"], Counterless) else set()
    read = {"accuracy"} if readout is Readout.EVENT and options["labels"] is not None else set()
    assert known == timed | counted | read
    assert (document["bottleneck"] is not None) == bool(timed)


def test_sums_are_those_of_the_rounds() -> None:
    result = sf.run(network(), INPUTS, labels=LABELS, chip=odd_chip(), layers_at_once=1)
    document = valid("run", result.as_dict())
    parts = document["rounds"]
    assert document["cycles"] == sum(part["cycles"] for part in parts)
    assert document["config_cycles"] == sum(part["config_cycles"] for part in parts)
    assert document["total_cycles"] == sum(part["config_cycles"] + max(part["cycles"], part["loading_cycles"]) for part in parts)
    assert document["counters"]["BEATS"] == sum(row["beats"] for row in document["layers"]) > 0
    assert document["nanojoules_per_inference"] == pytest.approx(document["energy"][0]["picojoules_per_inference"] / 1e3)
    first = sf.run(network(), INPUTS, chip=odd_chip())
    assert document["predictions"] == first.as_dict()["predictions"]


def test_latency_over_rounds_is_that_of_the_events() -> None:
    """Against the trace: the first packet that the I/O tile sends in round 0, the last END that it collects in round 1."""
    result = sf.run(network(), INPUTS, chip=odd_chip(), layers_at_once=1, record=["events"])
    assert result.sample_cycles is not None
    before, after = (part.events for part in result.rounds)
    assert before is not None and after is not None
    sent = [row for row in before if (row["tile"], row["event"]) == (-1, 0)]
    ends = [row for row in after if (row["tile"], row["event"], row["kind"]) == (-1, 1, 1)]
    for sample, (start, end) in enumerate(result.sample_cycles.tolist()):
        assert start == min(row["cycle"] for row in sent if row["vector"] == sample)
        assert end == result.start_cycles[1] + max(row["cycle"] for row in ends if row["vector"] == sample)
    assert result.latency_us == pytest.approx(
        np.mean(result.sample_cycles[:, 1] - result.sample_cycles[:, 0]) / odd_chip().clock_mhz
    )


@pytest.mark.parametrize("options", [{}, {"layers_at_once": 1}], ids=["resident", "rounds"])
def test_verifications(options: dict[str, Any]) -> None:
    verification = sf.verify(network(), INPUTS, labels=LABELS, chip=odd_chip(), **options)
    verification.assert_equal()
    document = valid("verify", verification.as_dict())
    run = sf.run(network(), INPUTS, labels=LABELS, chip=odd_chip(), **options).as_dict()
    for key in ("accuracy", "cycles", "total_cycles", "latency_cycles", "nanojoules_per_inference"):
        assert document[key] == run[key], key
    assert (document["outcome"], document["passed"], document["cycles_rtl"]) == ("equal", True, run["cycles"])
    assert len(document["rounds"]) == len(run["rounds"])


def fault(bit: int, space: Space = Space.WEIGHT, address: int = 0) -> str:
    core = sf.compile(network(), odd_chip()).schedule.rounds[0].program.cores[0]
    return f"{core.tile}:{space.name.lower()}:{address}:{bit}"


def test_a_fault_that_is_found() -> None:
    verification = sf.verify(network(), INPUTS, chip=odd_chip(), fault=fault(3))
    document = valid("verify", verification.as_dict())
    assert (document["outcome"], document["passed"], document["fault"]) == ("different", False, fault(3))
    assert document["first_divergence"] is not None
    with pytest.raises(AssertionError, match=r"documented on odd.*DIFFERENT; first divergence"):
        verification.assert_equal()


def test_a_fault_that_stops_the_chip() -> None:
    """ACC made HALT in the first round: no second one follows."""
    document = valid(
        "verify",
        sf.verify(network(), INPUTS, chip=odd_chip(), layers_at_once=1, fault=fault(0, Space.PROGRAM)).as_dict(),
    )
    assert (document["outcome"], document["passed"], len(document["rounds"])) == ("unfinished", False, 1)
    assert document["cycles_rtl"] is None


def test_a_fault_without_effect_is_masked() -> None:
    """The weights of an input that is always 0."""
    inputs = INPUTS.copy()
    inputs[:, 0] = 0
    verification = sf.verify(network(), inputs, chip=odd_chip(), fault=fault(0))
    document = valid("verify", verification.as_dict())
    assert (document["outcome"], document["passed"]) == ("masked", True)
    assert verification.sentence().startswith(f"masked: the fault {fault(0)} was injected and had no effect")
    verification.assert_equal()


@pytest.mark.parametrize("change", [{"cycles": -1}, {"format": "other"}, {"unknown": 1}, {"accuracy": 1.5}, {"energy": None}])
def test_the_schema_refuses(change: dict[str, Any]) -> None:
    document = sf.run(network(), INPUTS, chip=odd_chip()).as_dict()
    with pytest.raises(jsonschema.ValidationError):
        valid("run", {**document, **change})
    del document["total_cycles"]
    with pytest.raises(jsonschema.ValidationError, match="total_cycles"):
        valid("run", document)


def test_a_run_in_real_time() -> None:
    """A figure per sample; those of other runs are null."""
    net = network()
    events = [{"t": np.array([5.0, 80.0]), "i": np.array([1, 4])}] * 3
    document = valid("run", sf.run(net, sf.real_time(net, events, bin_width_us=100)).as_dict())
    assert {len(figures) for figures in document["real_time"].values()} == {3}
    assert valid("run", sf.run(net, INPUTS).as_dict())["real_time"] is None
