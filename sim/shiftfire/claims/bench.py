"""Runs that claims share: each is made once."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from ..api.breakeven import breakeven
from ..api.networks import load
from ..api.result import Result
from ..api.runs import SilentLayerWarning, run
from ..api.sample_files import samples
from ..network.graph import Network
from ..report.breakeven import BreakevenResult, Sweep


class Bench:
    """Runs in the simulator, kept by what was asked for."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str, int, int | None], Result] = {}
        self._sweeps: dict[Sweep, BreakevenResult] = {}

    def model(self, name: str, chip: str, number: int, *, recentre: int | None = None) -> Result:
        """The first ``number`` samples of a shipped model, what it emitted recorded; ``recentre`` as in `run`."""
        key = (name, chip, number, recentre)
        if key not in self._runs:
            given = samples(name, number)
            self._runs[key] = run(load(name), given.inputs, labels=given.labels, chip=chip, recentre=recentre, record=("spikes",))
        return self._runs[key]

    def network(self, network: Network, inputs: Any, chip: str, *, record: Collection[str] = ("spikes",)) -> Result:
        """A network that is not shipped; ``record`` as in `run`."""
        with _silence():
            return run(network, inputs, chip=chip, record=record)

    def sweep(self, sweep: Sweep) -> BreakevenResult:
        """Crossings of a sweep."""
        if sweep not in self._sweeps:
            with _silence():
                self._sweeps[sweep] = breakeven(sweep)
        return self._sweeps[sweep]


@contextmanager
def _silence() -> Iterator[None]:
    """Made-up layers may never fire; that is no news here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SilentLayerWarning)
        yield
