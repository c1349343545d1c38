"""The memory that a run is refused for: what it takes at least, never more than it does take."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.schedule import resident_schedule
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network, load_test_split
from shiftfire.system.plan import least_bytes
from shiftfire_spec.chip import load_chip
from support.one_round import plan_run


@pytest.mark.parametrize("model", ["digits-mlp", "digits-cnn"])
def test_least_bytes_is_a_close_lower_bound(model: str) -> None:
    folder = find_model(model)
    program, inputs = compile_network(load_network(folder), load_chip("edge")), load_test_split(folder).inputs[:100]
    tracemalloc.start()
    try:
        plan_run(program, inputs)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    need = least_bytes(resident_schedule(program), len(inputs))
    assert need <= peak <= 4 * need
    assert least_bytes(resident_schedule(program), 10 * len(inputs)) == 10 * need


def test_refused_before_anything_is_allocated(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = find_model("digits-mlp")
    program, inputs = compile_network(load_network(folder), load_chip("edge")), load_test_split(folder).inputs[:100]
    pages = least_bytes(resident_schedule(program), len(inputs))
    monkeypatch.setattr("shiftfire.system.plan.os.sysconf", lambda name: 1 if name == "SC_PAGE_SIZE" else pages)
    plan_run(program, inputs)  # just fits
    tracemalloc.start()
    try:
        with pytest.raises(MemoryError, match="101 samples need at least"):
            plan_run(program, np.concatenate([inputs, inputs[:1]]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < pages / 10
