"""Pictures of a run: what is drawn is what was recorded."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest
import shiftfire as sf
from shiftfire_spec.counters import Counter
from support.api_networks import toy, toy_inputs

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    from matplotlib import pyplot

    pyplot.close("all")


@pytest.mark.parametrize("sample", [None, 1])
def test_raster(sample: int | None) -> None:
    result = sf.run(toy(), toy_inputs(), backend="golden", record=["spikes"])
    for layer in ("pixels", "conv", "pool"):
        axes = result.plot_raster(layer, sample=sample)
        values = result.spikes[layer] if sample is None else result.spikes[layer][sample : sample + 1]
        when, neuron = np.nonzero(values.reshape(len(values) * 4, -1))
        drawn = axes.collections[0].get_offsets()
        assert drawn.tolist() == np.stack([when, neuron], 1).tolist()
        assert layer in axes.get_title() and "timestep" in axes.get_xlabel()


def test_utilisation() -> None:
    result = sf.run(toy(), toy_inputs())
    axes = result.plot_utilisation()
    cores = result.schedule.rounds[0].program.cores
    assert [label.get_text() for label in axes.get_yticklabels()] == [f"{core.layer} (tile {core.tile})" for core in cores]
    assert result.counters is not None and result.cycles
    widths = [patch.get_width() for patch in axes.patches][: len(cores)]
    assert widths == [result.counters[core.tile, Counter.INTEGRATE_BUSY] / result.cycles for core in cores]


def test_axes_of_ones_own() -> None:
    from matplotlib import pyplot

    _, axes = pyplot.subplots()
    result = sf.run(toy(), toy_inputs(), record=["spikes"])
    assert result.plot_raster("conv", ax=axes) is axes and result.plot_utilisation(ax=axes) is axes


def test_what_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    result = sf.run(toy(), toy_inputs(), backend="golden", record=["spikes"])
    with pytest.raises(sf.InputError, match="no layer 'conv1': there are pixels, conv, pool, out"):
        result.plot_raster("conv1")
    for sample in (3, -1, 1.5):
        with pytest.raises(sf.InputError, match=f"sample {sample} is not one of the run: it has 3"):
            result.plot_raster("conv", sample=sample)  # type: ignore[arg-type]
    with pytest.raises(sf.InputError, match="this golden run has no counters"):
        result.plot_utilisation()
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(sf.InputError, match="plots need matplotlib, which is not installed"):
        result.plot_raster("conv")
