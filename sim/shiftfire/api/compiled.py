"""Compilation: a network on a chip, at once or in rounds."""

from __future__ import annotations

import os
from dataclasses import dataclass
from html import escape
from typing import Any

from shiftfire_spec.chip import ChipConfig

from ..compiler.compile import LayerUse, compile_network, describe
from ..compiler.recentre import Recentred, recentre
from ..compiler.schedule import Schedule, compile_schedule, resident_schedule
from ..errors import InputError, is_whole
from ..golden.execute import execute_checked
from ..network.build.builder import frozen
from ..network.build.builds import Builds
from ..network.graph import Network
from ..network.input_sets import Inputs, expand_all
from ..optimise.schedule import optimised_schedule
from ..predict.predict import SAMPLES as PREDICTED_SAMPLES
from ..predict.predict import Prediction, predict_schedule
from ..report.cuts import cut_lines
from ..report.html import html_table
from ..report.mapping import mapping_cells, mapping_table, mapping_title
from ..report.tables import show
from ..report.text import rendered
from .chips import DEFAULT_CHIP, chip
from .objectives import objective_of

NetworkLike = Network | Builds
ChipLike = str | os.PathLike[str] | ChipConfig


@dataclass(frozen=True, eq=False)
class Compiled:
    """A network on a chip. Printed, it shows the mapping: the tiles of each layer, and need and limit of its fullest core.

    ``schedule`` holds the rounds, one when the network fits at once. ``recentred``: streams that are coded from another level than in the network as given.
    """

    schedule: Schedule
    recentred: tuple[Recentred, ...] = ()

    @property
    def network(self) -> Network:
        """As it was given, or re-centred: without the layers that the compiler adds (`Schedule.cut`)."""
        return self.schedule.network

    @property
    def chip(self) -> ChipConfig:
        return self.schedule.chip

    @property
    def rounds(self) -> int:
        """How many parts run one after the other; 1 when everything fits at once."""
        return len(self.schedule.rounds)

    @property
    def mapping(self) -> tuple[LayerUse, ...]:
        """Use of the chip by layer, in order, over all rounds."""
        return tuple(use for part in self.schedule.rounds for use in describe(part.program))

    def predict(self, inputs: Any = None, *, samples: int = PREDICTED_SAMPLES) -> tuple[Prediction, ...]:
        """Cycles and latency by round, without a simulation: of ``inputs`` (golden runs), or of ``samples`` samples of assumed densities. See docs/howto/make-it-faster.md.

        Raises NetworkError when the inputs do not fit the network, InputError for a number of samples out of range.
        """
        if not is_whole(samples) or samples < 1:
            raise InputError(f"samples = {samples}: give a whole number, 1 or more")
        if inputs is None:
            return predict_schedule(self.schedule, samples=samples)
        given = expand_all(self.network.inputs, inputs)
        return predict_schedule(self.schedule, {**given, **execute_checked(self.schedule.mapped, given).activations})

    def __str__(self) -> str:
        title = f"{self.network.name}: {mapping_title(self.schedule)}"
        mapping = rendered(lambda console: show(console, title, mapping_table(self.schedule)))
        return "\n".join((mapping, *cut_lines(self.schedule)))

    def _repr_html_(self) -> str:
        table = html_table(f"{self.network.name}: {mapping_title(self.schedule)}", mapping_cells(self.schedule))
        return table + "".join(f"<p>{escape(line)}</p>" for line in cut_lines(self.schedule))

    def __repr__(self) -> str:
        layers = len(self.network.layers)
        return f"<Compiled {self.network.name} on {self.chip.name}: {layers} layers, {self.rounds} rounds>"


def compile(
    network: NetworkLike,
    chip_or_name: ChipLike = DEFAULT_CHIP,
    *,
    spread: bool = True,
    layers_at_once: int | None = None,
    rounds: bool = True,
    recentre_on: tuple[Inputs, int] | None = None,
    optimise: str | None = None,
    effort: int = 0,
    optimise_on: Inputs | None = None,
) -> Compiled:
    """Map ``network`` to a chip: at once when it fits, else in the fewest rounds that hand over the least.

    ``spread`` uses idle tiles where that is predicted to help; without it, the fewest cores are used. ``optimise``: what the mapping is to be good for, "latency", "throughput" (the
    default), "energy" or "tiles". With ``effort`` N the simulator runs up to N mappings on ``optimise_on`` (random inputs without), and the best one is taken. ``layers_at_once`` asks for rounds of at most so many layers;
    without ``rounds``, a network that does not fit at once is refused.
    ``recentre_on`` (inputs, dead zone): counts are coded from their most frequent level on these inputs; levels within the dead zone are not sent.
    Raises NetworkError when the network is not valid, CompileError, with a remedy, when it does not fit, InputError for an option out of range.
    """
    if layers_at_once is not None and (not is_whole(layers_at_once) or layers_at_once < 1):
        raise InputError(f"layers_at_once = {layers_at_once}: give a whole number, 1 or more")
    if layers_at_once is not None and not rounds:
        raise InputError(f"layers_at_once = {layers_at_once} asks for rounds, rounds=False for none: leave one of them out")
    objective = objective_of(optimise, effort, spread=spread)
    network = frozen(network)
    described = chip(chip_or_name)
    changes: tuple[Recentred, ...] = ()
    if recentre_on is not None:
        inputs, dead_zone = recentre_on
        network, changes = recentre(network, inputs, described, dead_zone=dead_zone)
    if spread:
        schedule = optimised_schedule(
            network, described, objective=objective, effort=effort, inputs=optimise_on, most_layers=layers_at_once, rounds=rounds
        )
        return Compiled(schedule, changes)
    if not rounds:
        return Compiled(resident_schedule(compile_network(network, described, spread=spread)), changes)
    return Compiled(compile_schedule(network, described, spread=spread, most_layers=layers_at_once), changes)
