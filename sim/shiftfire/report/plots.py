"""Pictures of a run, with matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from shiftfire_spec.counters import Counter

from ..energy.corners import NOTHING
from ..energy.parts import Clock
from ..errors import InputError, is_whole
from ..network.values import IntArray
from .breakeven import BreakevenResult
from .energy import EnergyReport
from .layers import layer_rows
from .optional import needed
from .run import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WHAT = "plots"
# Shares of a run that an integrate engine spends, from the bottom up, with their colours.
_SHARES = (
    ("integrates", Counter.INTEGRATE_BUSY, "#2b6cb0"),
    ("waits for an event", Counter.INTEGRATE_WAIT_EVENT, "#90cdf4"),
    ("waits for the fire engine", Counter.INTEGRATE_WAIT_FIRE, "#f6ad55"),
    ("waits downstream", Counter.INTEGRATE_WAIT_DOWNSTREAM, "#b794f4"),
)
_FIRE_COLOUR = "#9b2c2c"
_EVENT_COLOUR = "#2b6cb0"
_MOST_MARKS = 200_000  # of one raster


def plot_raster(run: Run, layer: str, *, sample: int | None = None, ax: Axes | None = None) -> Axes:
    """Spikes of a layer or of the input: neurons, numbered by channel, row and column, over timesteps; samples stand side by side. Graded values are shaded.

    ``sample``: that one only. Raises InputError when spikes were not recorded, when there is no such layer or sample, and without matplotlib.
    """
    axes = _axes(ax)
    values = _values(run, layer)
    samples, steps = values.shape[:2]
    if sample is not None and not (is_whole(sample) and 0 <= sample < samples):
        raise InputError(f"sample {sample} is not one of the run: it has {samples}, numbered from 0")
    shown = values if sample is None else values[sample : sample + 1]
    flat = shown.reshape(len(shown) * steps, -1)
    when, neuron = np.nonzero(flat)
    if len(when) > _MOST_MARKS:
        raise InputError(f"layer {layer}: {len(when):,} spikes are too many to draw, at most {_MOST_MARKS:,}: name one sample")
    size = max(1.0, min(24.0, 4000.0 / max(1, flat.shape[1])))
    graded = int(np.abs(values).max(initial=0)) > 1
    style: dict[str, Any] = {"c": flat[when, neuron], "cmap": "viridis"} if graded else {"color": "black"}
    marks = axes.scatter(when, neuron, s=size, marker="|" if len(flat) > 1 else "o", linewidths=1.2, **style)
    if graded:
        axes.figure.colorbar(marks, ax=axes, label="value")
    for border in range(1, len(shown)):
        axes.axvline(border * steps - 0.5, color="0.85", linewidth=0.8, zorder=0)
    axes.set_xlim(-0.5, len(flat) - 0.5)
    axes.xaxis.set_major_locator(needed("matplotlib.ticker", WHAT).MaxNLocator(integer=True))
    axes.set_ylim(-0.5, flat.shape[1] - 0.5)
    axes.set_xlabel("timestep" if len(shown) == 1 else f"timestep, {len(shown)} samples of {steps} side by side")
    axes.set_ylabel(f"neuron of {layer}")
    axes.set_title(f"{run.network.name}, {layer}: {len(when):,} spikes" + ("" if sample is None else f", sample {sample}"))
    return axes


def plot_events(run: Run, *, ax: Axes | None = None) -> Axes:
    """What the input and every layer send in a sample: the elements of all timesteps, those that are events, and the beats that a layer takes for what it receives.

    On axes of a caller's the legend is the caller's to place.
    Raises InputError when spikes were not recorded, and without matplotlib.
    """
    sent = run.spikes
    elements = [values[0].size for values in sent.values()]
    events = [np.count_nonzero(values) / run.samples for values in sent.values()]
    beats: dict[str, float] = {}
    for row in layer_rows(run):
        beats[row.layer] = beats.get(row.layer, 0.0) + row.beats / run.samples
    axes = _axes(ax, height=1.6 + 0.28 * len(sent))
    rows = np.arange(len(sent))
    axes.barh(rows, elements, color="0.88", label="elements, all timesteps")
    axes.barh(rows, events, color=_EVENT_COLOUR, height=0.5, label="events sent")
    shown = [number for number, name in enumerate(sent) if beats.get(name)]
    names = list(sent)
    axes.plot([beats[names[n]] for n in shown], shown, linestyle="none", marker="d", color=_FIRE_COLOUR, label="beats of its lanes")
    axes.set_xscale("log")
    axes.set_yticks(rows, names)
    axes.invert_yaxis()
    axes.set_xlabel("per sample")
    axes.set_title(f"{sum(events):,.0f} events a sample")
    if ax is None:
        axes.figure.legend(loc="outside lower center", ncols=3, frameon=False)
    return axes


def plot_utilisation(run: Run, *, ax: Axes | None = None) -> Axes:
    """What the integrate engine of every tile in use does, as shares of its round's cycles; a mark shows the share in which the fire engine works.

    Raises InputError without counters (golden, or a chip that has none), and without matplotlib.
    """
    names, shares, fire = [], [], []
    for number, (part, result) in enumerate(zip(run.schedule.rounds, run.rounds, strict=True)):
        if result.counters is None or not result.cycles:
            raise InputError(f"this {run.backend} run has no counters: take the backend sim, or a chip with counter_bits > 0")
        label = "" if run.schedule.resident else f"round {number}, "
        for core in part.program.cores:
            names.append(f"{core.layer} ({label}tile {core.tile})")
            shares.append([result.counters[core.tile, counter] / result.cycles for _, counter, _ in _SHARES])
            fire.append(result.counters[core.tile, Counter.FIRE_BUSY] / result.cycles)
    axes = _axes(ax, height=1.6 + 0.28 * len(names))
    rows, left = np.arange(len(names)), np.zeros(len(names))
    for (title, _, colour), share in zip(_SHARES, np.array(shares).T, strict=True):
        axes.barh(rows, share, left=left, color=colour, label=title)
        left = left + share
    axes.plot(fire, rows, linestyle="none", marker="d", color=_FIRE_COLOUR, label="fire engine works")
    axes.set_yticks(rows, names)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(needed("matplotlib.ticker", WHAT).PercentFormatter(1.0))
    axes.set_xlabel("share of the cycles")
    axes.set_title(f"{run.network.name} on {run.chip.name}: {run.cycles:,} cycles")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.6 / (0.6 + 0.28 * len(names))), ncols=2, frameon=False)
    return axes


def plot_energy(report: EnergyReport, *, ax: Axes | None = None) -> Axes:
    """Nanojoules per inference of the chip and of the dense machines beside it: what happens by part, leakage, a gated clock; a mark shows the total as built, whiskers the range.

    Raises InputError without matplotlib.
    """
    estimates = report.estimates
    axes = _axes(ax, height=1.8 + 0.45 * len(estimates))
    rows, left = np.arange(len(estimates)), np.zeros(len(estimates))
    bands = [
        estimate.by_group()
        | {"leakage": estimate.sum_of(estimate.leakage), "clock, gated": estimate.sum_of(estimate.clocks[Clock.GATED])}
        for estimate in estimates
    ]
    for name in dict.fromkeys(name for band in bands for name in band):
        values = np.array([band.get(name, NOTHING).nominal / 1e3 for band in bands])
        axes.barh(rows, values, left=left, label=name)
        left = left + values
    totals = [estimate.total(Clock.GATED) for estimate in estimates]
    ends = np.array([[total.nominal - total.low, total.high - total.nominal] for total in totals]).T / 1e3
    axes.errorbar(left, rows, xerr=ends, fmt="none", ecolor="black", capsize=3, linewidth=0.8)
    built = [estimate.total(Clock.AS_BUILT).nominal / 1e3 for estimate in estimates]
    axes.plot(built, rows, linestyle="none", marker="d", color=_FIRE_COLOUR, label="with the clock as built")
    axes.set_yticks(rows, [estimate.title for estimate in estimates])
    axes.invert_yaxis()
    axes.set_xlabel(f"nJ per inference, {report.point.sentence}")
    axes.set_title(f"{report.run.network.name} on {report.run.chip.name}")
    if ax is None:
        axes.figure.legend(loc="outside lower center", ncols=4, frameon=False)
    else:
        axes.legend(frameon=False)
    return axes


def plot_breakeven(result: BreakevenResult, *, ax: Axes | None = None) -> Axes:
    """Energy over the dense machine's against the spike rate, a line for each layer with sums in memory and what happens counted; bars are the bands of the crossings.

    Raises InputError without matplotlib.
    """
    axes = _axes(ax, height=5.0)
    curves = [curve for curve in result.curves if curve.counted == result.shown]
    for curve in curves:
        ratio = np.array(curve.picojoules) / np.array(curve.dense)
        dashes = "-" if curve.accumulators == result.curves[0].accumulators else "--"
        label = f"T = {curve.timesteps}, {curve.weight_bits} bits, {curve.fan_out} outputs, {curve.accumulators}"
        axes.plot(100 * np.array(result.sweep.rates), ratio, dashes, label=label, linewidth=1.2)
    axes.axhline(1.0, color="black", linewidth=0.8)
    for percent, _ in result.published:
        axes.axvline(percent, color="0.6", linestyle=":", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("inputs that spike in a timestep, %; dotted: published break-even rates")
    axes.set_ylabel("energy over the output-stationary machine's")
    axes.set_title(f"{result.sweep.chip.name}: {result.shown}")
    axes.legend(fontsize=7, frameon=False, ncols=2)
    return axes


def _values(run: Run, layer: str) -> IntArray:
    spikes = run.spikes
    if layer not in spikes:
        raise InputError(f"no layer {layer!r}: there are {', '.join(spikes)}")
    return spikes[layer]


def _axes(ax: Axes | None, height: float = 4.0) -> Any:
    """``ax``, or the axes of a figure of its own."""
    pyplot = needed("matplotlib.pyplot", WHAT)
    return pyplot.subplots(figsize=(8, height), layout="constrained")[1] if ax is None else ax
