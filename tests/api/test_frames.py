"""Data frames of a run."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import shiftfire as sf
from shiftfire_spec.counters import Counter
from support.api_networks import toy, toy_inputs

pandas = pytest.importorskip("pandas")


@pytest.mark.parametrize("layers_at_once", [None, 1])
def test_layers(layers_at_once: int | None) -> None:
    result = sf.run(toy(), toy_inputs(), record=["spikes"], layers_at_once=layers_at_once)
    frame = result.to_dataframe()
    assert list(frame.index) == ["conv", "pool", "out"]
    assert frame["neuron"].tolist() == ["LIF", "COUNT", "LIF"] and frame["timesteps"].tolist() == [4, 4, 4]
    assert frame["spikes"].tolist() == [np.count_nonzero(result.spikes[name]) for name in frame.index]
    assert frame["spikes"].tolist() == frame["events_out"].tolist()
    assert frame["spikes_per_neuron_and_step"].between(0, 1).all()
    assert result.counters is not None and frame["beats"].sum() == result.counters[:, Counter.BEATS].sum()


def test_samples() -> None:
    result = sf.run(toy(), toy_inputs(), labels=np.array([0, 1, 2]))
    frame = result.to_dataframe(by="sample")
    assert result.predictions is not None and result.sample_latencies is not None
    assert frame["prediction"].tolist() == result.predictions.tolist() and frame["label"].tolist() == [0, 1, 2]
    assert frame["right"].mean() == result.accuracy
    assert (frame["last_cycle"] - frame["first_cycle"]).tolist() == result.sample_latencies.tolist()
    assert frame["latency_us"].mean() == pytest.approx(result.latency_us)


@pytest.mark.parametrize(("backend", "layers_at_once"), [("sim", None), ("sim", 1), ("golden", None)])
def test_events(backend: str, layers_at_once: int | None) -> None:
    """Every event once, layers by name; the spikes of a layer are those that its rows say."""
    result = sf.run(toy(), toy_inputs(), backend=backend, layers_at_once=layers_at_once, record=["events", "spikes"])
    frame = result.events_dataframe()
    whole = sum(len(r.events) + (0 if r.engine_events is None else len(r.engine_events)) for r in result.rounds)
    assert len(frame) == whole
    sent = frame[(frame["event"] == "SEND") & (frame["kind"] == "SPIKE")]
    for name in ("pixels", "conv", "pool", "out"):
        rows = sent[sent["layer"] == name]
        rows = rows[rows["round"] == rows["round"].min()] if name == "pixels" else rows[rows["tile"] >= 0]
        places = {(s, t) for s, t in zip(*np.nonzero(result.spikes[name])[:2], strict=True)}
        assert len(rows) == np.count_nonzero(result.spikes[name]), name
        assert set(zip(rows["sample"], rows["timestep"], strict=True)) == places
    if backend == "golden":
        assert frame["cycle"].isna().all() and "activity" not in frame
    else:
        assert frame["cycle"].notna().all() and set(frame["activity"].dropna()) >= {"BUSY", "IDLE"}
        assert frame[frame["event"] == "FIRE"]["layer"].isin(["conv", "pool", "out"]).all()
        assert frame["cycle"].max() < (result.total_cycles or 0)


def test_what_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    result = sf.run(toy(), toy_inputs(), backend="golden")
    with pytest.raises(sf.InputError, match="by = 'tile': a row stands for a layer or a sample"):
        result.to_dataframe(by="tile")
    with pytest.raises(sf.InputError, match=r"events of this golden run were not recorded: run with record=\['events'\]"):
        result.events_dataframe()
    monkeypatch.setitem(sys.modules, "pandas", None)
    for frame in (result.to_dataframe, result.events_dataframe):
        with pytest.raises(
            sf.InputError, match=r"data frames need pandas, which is not installed: pip install 'pandas', or 'shiftfire\[plot\]'"
        ):
            frame()
