"""Every backend has the protocol, is found by name, and says what it can do."""

from __future__ import annotations

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.backends.backend import Ability, Backend
from shiftfire.backends.find import BACKENDS, find_backend
from shiftfire.backends.rtl import Rtl, run_rtl
from shiftfire.system.plan import RunError, RunPlan, plan_rounds
from support.odd_chip import odd_chip

SETTINGS = {"board": {"port": "/dev/null"}}
MODEL = "digits-mlp"


def plans(layers_at_once: int | None) -> tuple[RunPlan, ...]:
    x, _ = sf.samples(MODEL, 2)
    return plan_rounds(sf.compile(sf.load(MODEL), "ulx3s", layers_at_once=layers_at_once).schedule, x)


@pytest.mark.parametrize("name", BACKENDS)
def test_found_by_name(name: str) -> None:
    if name == "cocotb":
        pytest.importorskip("cocotb")
    backend: Backend = find_backend(name, **SETTINGS.get(name, {}))
    assert backend.name == name
    assert (Ability.WAVES in backend.abilities) == (name == "rtl")
    assert (Ability.CYCLES in backend.abilities) == (name != "golden")
    assert (Ability.ROUNDS in backend.abilities) == (name != "cocotb")


@pytest.mark.parametrize("name", ["golden", "sim"])
@pytest.mark.parametrize("layers_at_once", [None, 1])
def test_a_result_per_round(name: str, layers_at_once: int | None) -> None:
    planned = plans(layers_at_once)
    backend = find_backend(name)
    results = backend.run(planned, trace=True)
    assert len(results) == len(planned) == (1 if layers_at_once is None else 2)
    assert all(result.backend == name and result.events is not None for result in results)
    assert all((result.cycles is not None) == (Ability.CYCLES in backend.abilities) for result in results)
    assert np.array_equal(results[-1].predictions, planned[-1].predictions)  # type: ignore[arg-type]
    assert all(result.events is None for result in backend.run(planned))


def test_cocotb_runs_one_round() -> None:
    pytest.importorskip("cocotb")
    with pytest.raises(RunError, match="cocotb runs what fits a chip at once, not 2 rounds"):
        find_backend("cocotb").run(plans(1))


def test_an_rtl_that_does_not_end_gives_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit of a few cycles: `run_rtl` says how far it came, the backend raises."""
    x, _ = sf.samples(MODEL, 1)
    planned = plan_rounds(sf.compile(sf.load(MODEL), odd_chip(), spread=False).schedule, x)
    (result,) = run_rtl(planned, limit_cycles=planned[0].memory_words * 4)
    assert result.cycles is not None
    monkeypatch.setattr("shiftfire.backends.rtl.LIMIT_CYCLES", 10)
    monkeypatch.setattr(
        "shiftfire.backends.rtl.run_rtl", lambda plans, **options: run_rtl(plans, limit_cycles=result.cycles // 2, **options)
    )
    with pytest.raises(RunError, match="the RTL did not end round 0 of 1"):
        Rtl().run(planned)
