"""Pictures of models at work: spikes of some layers, and how many events each layer sends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..api.networks import load
from ..api.runs import run
from ..api.sample_files import samples
from ..records.measure import named
from ..report.optional import needed
from ..report.pictures import save_figure
from ..report.plots import WHAT, plot_events, plot_raster
from .entry import Entry
from .figures import KIND

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PANEL_WIDTH, _HEIGHT = 4.6, 3.6  # inches
_LAYER_HEIGHT = 0.24


def picture_name(entry: Entry) -> str:
    """Name of its file."""
    return f"{entry.model}.png"


def draw_pictures(folder: Path, names: Sequence[str], entries: tuple[Entry, ...]) -> None:
    """Draw the models of those names, all when none is named, into ``folder``. Raises RecordError, InputError, OSError."""
    for entry in named(KIND, names, entries):
        save_figure(str(folder / picture_name(entry)), lambda entry=entry: draw(entry))
        print(entry.name, flush=True)


def draw(entry: Entry) -> Axes:
    """Panels side by side on a figure of their own; the last of its axes. Raises InputError, without matplotlib as well."""
    network = load(entry.model)
    first = entry.chips[0]
    result = run(network, samples(entry.model, entry.shown, network=network).inputs, chip=first.chip, record=("spikes",))
    panels = len(entry.rasters) + 1
    height = max(_HEIGHT, _LAYER_HEIGHT * len(network.layers) + 1.2)
    size = (_PANEL_WIDTH * panels, height)
    axes = needed("matplotlib.pyplot", WHAT).subplots(1, panels, figsize=size, layout="constrained")[1]
    for layer, panel in zip(entry.rasters, axes, strict=False):
        plot_raster(result, layer, ax=panel)
    last = plot_events(result, ax=axes[-1])
    axes[-1].figure.legend(*last.get_legend_handles_labels(), loc="outside lower right", ncols=3, frameon=False)
    return last
