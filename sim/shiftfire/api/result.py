"""What a run gives back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..energy.operating import NOMINAL_VOLTS, OperatingPoint, Scaling
from ..errors import InputError
from ..network.build.values import shown
from ..report.document import run_document, write_json
from ..report.energy import EnergyReport
from ..report.frames import events_frame, run_frame
from ..report.html import html_figures, html_table
from ..report.layers import layer_rows
from ..report.neurobench import neurobench_document
from ..report.plots import plot_raster, plot_utilisation
from ..report.run import Run
from ..report.tables import print_run
from ..report.text import rendered
from ..report.trace import write_trace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from pandas import DataFrame


class Result(Run):
    """A run: figures over all rounds (see `Run`), and what can be written of it. Printed, it shows what ``shiftfire run`` does."""

    def as_dict(self) -> dict[str, Any]:
        """The document of ``shiftfire run --json``; its schema is ``docs/reference/run.schema.json``."""
        return run_document(self)

    def write_json(self, file: str | os.PathLike[str]) -> None:
        """Write `as_dict`. Raises OSError."""
        write_json(os.fspath(file), self.as_dict())

    def neurobench(self) -> dict[str, Any]:
        """The run in NeuroBench's terms: see ``docs/reference/neurobench.md``. Raises InputError unless "spikes" and "membrane" were recorded."""
        return neurobench_document(self)

    def write_trace(self, file: str | os.PathLike[str]) -> None:
        """Write the events: ``.json`` for Perfetto, ``.csv`` as a list. The run must have recorded "events". Raises TraceError, OSError."""
        write_trace(os.fspath(file), self)

    def to_dataframe(self, by: str = "layer") -> DataFrame:
        """A pandas data frame with a row per "layer" (neurons, spikes where they were recorded, cycles, events, energy) or per "sample". Raises InputError, also without pandas."""
        return run_frame(self, by)

    def events_dataframe(self) -> DataFrame:
        """Every packet, and every change of what an engine does, as a pandas data frame, layers by name. Raises InputError unless "events" were recorded, and without pandas."""
        return events_frame(self)

    def plot_raster(self, layer: str, *, sample: int | None = None, ax: Axes | None = None) -> Axes:
        """Spikes of a layer over timesteps, with matplotlib: see `report.plots`. Raises InputError unless "spikes" were recorded, and without matplotlib."""
        return plot_raster(self, layer, sample=sample, ax=ax)

    def plot_utilisation(self, *, ax: Axes | None = None) -> Axes:
        """What every tile in use does, as shares of the cycles, with matplotlib. Raises InputError without counters, and without matplotlib."""
        return plot_utilisation(self, ax=ax)

    def energy_report(self, *, volts: float = NOMINAL_VOLTS, scaling: str | None = None) -> EnergyReport:
        """Where the energy goes, beside dense machines and other chips, and what would change it: what ``shiftfire energy`` shows.

        ``volts`` of the supply; ``scaling``, "stillmaker-baas" or "cv2", tells the figures at 45 nm. Raises InputError, also of a run without counters.
        """
        if scaling is not None and scaling not in tuple(Scaling):
            raise InputError(f"scaling {shown(scaling)}: there are {', '.join(Scaling)}")
        return EnergyReport(self, OperatingPoint(volts, None if scaling is None else Scaling(scaling)))

    def _repr_html_(self) -> str:
        known = {
            "accuracy": self.accuracy,
            "cycles": self.cycles,
            "latency, us": self.latency_us,
            "inferences per second": self.inferences_per_second,
            "energy per inference, nJ": self.nanojoules_per_inference,
            "never fired": ", ".join(layer.layer for layer in self.silent) or None,
        }
        layers = [row.as_dict() for row in layer_rows(self)]
        return html_figures(self.title, known) + (html_table("layers", layers) if layers else "")

    def __str__(self) -> str:
        return rendered(lambda console: print_run(console, self))

    def __repr__(self) -> str:
        figures = {"accuracy": self.accuracy, "cycles": self.cycles, "latency_us": self.latency_us}
        known = ", ".join(
            f"{name} {value:,.4g}" if isinstance(value, float) else f"{name} {value:,}"
            for name, value in figures.items()
            if value is not None
        )
        return f"<Result {self.title}{': ' if known else ''}{known}>"
