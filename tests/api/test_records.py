"""What a run records: spikes of every layer, membranes as they are stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.golden.execute import execute
from support.api_networks import toy, toy_inputs


@pytest.mark.parametrize(("backend", "layers_at_once"), [("golden", None), ("golden", 1), ("sim", None), ("sim", 1)])
def test_arrays_of_every_layer(backend: str, layers_at_once: int | None) -> None:
    """At once and in rounds; the simulator's spikes come from its own packets."""
    net, inputs = toy().build(), toy_inputs()
    result = sf.run(net, inputs, backend=backend, layers_at_once=layers_at_once, record=["spikes", "membrane"])
    expected = execute(net, inputs, membranes=True)
    assert list(result.spikes) == ["pixels", "conv", "pool", "out"] and list(result.membrane) == ["conv", "out"]
    for name, values in expected.activations.items():
        assert np.array_equal(result.spikes[name], values), name
    for name, values in expected.membranes.items():
        assert np.array_equal(result.membrane[name], values), name
    assert result.spikes["conv"].shape == (3, 4, 5, 6, 6)


def test_the_same_spikes_as_in_the_other_executions() -> None:
    golden, sim = (sf.run(toy(), toy_inputs(), backend=backend, record=["spikes"]) for backend in ("golden", "sim"))
    assert all(np.array_equal(golden.spikes[name], sim.spikes[name]) for name in golden.spikes)


def test_what_was_not_recorded_is_refused() -> None:
    result = sf.run(toy(), toy_inputs(), backend="golden")
    for name in ("spikes", "membrane"):
        with pytest.raises(sf.InputError, match=rf"{name} of this run were not recorded: run with record=\['{name}'\]"):
            getattr(result, name)


def test_a_layer_that_there_is_not() -> None:
    result = sf.run(toy(), toy_inputs(), backend="golden", record=["spikes", "membrane"])
    with pytest.raises(sf.InputError, match="no recorded layer 'conv1': there are pixels, conv, pool, out"):
        _ = result.spikes["conv1"]
    with pytest.raises(sf.InputError, match="no recorded layer 'pool': there are conv, out"):
        _ = result.membrane["pool"]
    assert "conv1" not in result.spikes and result.spikes.get("conv1") is None


def test_a_trace_needs_events(tmp_path: Path) -> None:
    result = sf.run(toy(), toy_inputs(), backend="golden")
    with pytest.raises(sf.UserError, match=r"were not recorded: run with record=\['events'\]"):
        result.write_trace(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("spikes", r"record='spikes': give a list, such as \['spikes'\]"),
        (["spike"], "record 'spike': there are events, spikes, membrane"),
    ],
)
def test_records_that_are_refused(record: list[str], message: str) -> None:
    with pytest.raises(sf.InputError, match=message):
        sf.run(toy(), toy_inputs(), backend="golden", record=record)


@pytest.mark.parametrize(("record", "what"), [("spikes", "packets of the cores"), ("membrane", "membranes")])
def test_a_board_refuses(record: str, what: str) -> None:
    board = sf.backend("board", port="/dev/null")
    with pytest.raises(sf.InputError, match=f"record '{record}': backend board does not see {what}; take golden, sim or rtl"):
        sf.run(toy(), toy_inputs(), backend=board, record=[record])


@pytest.mark.slow
def test_the_rtl_records_what_it_wrote() -> None:
    """On a chip that is built to show its membranes: its own spikes, its own potentials."""
    chip = sf.chip("ulx3s", mesh=(2, 2), lanes=4, name="records")
    rtl, golden = (sf.run(toy(), toy_inputs(), chip=chip, backend=b, record=["spikes", "membrane"]) for b in ("rtl", "golden"))
    for name, values in golden.spikes.items():
        assert np.array_equal(rtl.spikes[name], values), name
    for name, values in golden.membrane.items():
        assert np.array_equal(rtl.membrane[name], values), name


def test_a_verification_with_membranes_and_netlists_is_refused() -> None:
    with pytest.raises(sf.InputError, match="record 'spikes': there are membrane"):
        sf.verify(toy(), toy_inputs(), record=["spikes"])
