"""A network that came from a float graph: with what was assumed, and what was lost."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..frontends.float_graph.graph import Graph
from ..frontends.float_graph.profile import Profile
from ..network.container import Samples as Split
from ..network.container import save_network
from ..network.graph import Network
from ..network.input_sets import Inputs, plain
from ..network.values import IntArray
from ..quantise.coding import Coding
from ..quantise.convert import Conversion
from ..quantise.errors import QuantiseError
from ..quantise.fidelity import Fidelity
from ..report.document import write_json
from ..report.html import html_table
from ..report.text import rendered
from .fidelity import fidelity_document, fidelity_rows, plot_fidelity, print_fidelity

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class InputsClippedWarning(UserWarning):
    """Real inputs lie beyond the samples that a network was calibrated on."""


@dataclass(frozen=True, eq=False)
class Converted:
    """What `from_nir` gives: whatever takes a network takes it, and real inputs with it. Printed, it shows what was assumed, and the fidelity.

    ``graph``: what was read. ``conversion`` has the parts that the properties show.
    """

    graph: Graph
    conversion: Conversion
    split: Split | None = None  # the samples that it was calibrated on, as the network takes them

    @property
    def profile(self) -> Profile:
        """How time was cut into steps."""
        return self.conversion.profile

    @property
    def network(self) -> Network:
        """The integer network, checked."""
        return self.conversion.network

    @property
    def fidelity(self) -> Fidelity | None:
        """Agreement with the float model on the samples; None when there were none."""
        return self.conversion.fidelity

    @property
    def assumed(self) -> tuple[str, ...]:
        """One line for each thing that the file did not say."""
        return self.conversion.assumed

    @property
    def codings(self) -> Mapping[str, Coding]:
        """How real inputs become integers, by input."""
        return self.conversion.codings

    def build(self) -> Network:
        """`network`: as of a builder."""
        return self.network

    def integers(self, inputs: Any) -> Inputs:
        """Real ``inputs`` (samples, timesteps, ...) as the network takes them; of several inputs a mapping by name.

        Values beyond those of the calibration are clipped, with an `InputsClippedWarning`. Raises QuantiseError for what is not finite, and for
        spikes and counts that are none.
        """
        names = self.conversion.built.names
        given = inputs if isinstance(inputs, Mapping) else dict.fromkeys(self.codings, inputs)
        if set(given) != set(self.codings) or (len(self.codings) > 1 and given is not inputs):
            raise QuantiseError(f"inputs: give an array for each of {', '.join(self.codings)}")
        return plain({names[name]: self._integers(name, given[name]) for name in self.codings})

    def _integers(self, name: str, values: Any) -> IntArray:
        coding = self.codings[name]
        share = 0.0 if coding.unit == 1 else coding.clipped(values)
        if share:
            limits = f"{coding.lo * coding.unit:.6g}..{coding.hi * coding.unit:.6g}"
            warnings.warn(InputsClippedWarning(f"input {name}: {share:.2%} of the values are clipped to {limits}"), stacklevel=4)
        return coding.integers(name, np.asarray(values))

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write a container, with the samples as its test split where there were some. Raises NetworkError."""
        save_network(self.network, folder, self.split)

    def as_dict(self) -> dict[str, Any]:
        """The fidelity report as plain data; its schema is ``docs/reference/fidelity.schema.json``."""
        return fidelity_document(self.conversion)

    def write_json(self, file: str | os.PathLike[str]) -> None:
        """Write `as_dict`. Raises OSError."""
        write_json(os.fspath(file), self.as_dict())

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Agreement and rates of every layer, with matplotlib. Raises InputError without samples, and without matplotlib."""
        return plot_fidelity(self.conversion, ax=ax)

    def __str__(self) -> str:
        return rendered(lambda console: print_fidelity(console, self.conversion))

    def _repr_html_(self) -> str:
        return html_table(self.network.name, fidelity_rows(self.conversion)) + "".join(f"<p>{line}</p>" for line in self.assumed)

    def __repr__(self) -> str:
        return f"<Converted {self.network!r} under profile {self.profile.name}>"
