"""The rounds of a run as a SimPy model: what uses the configuration DMA and the fabric, for how long, and what waits for what.

A round is configured when the DMA and the fabric are free, then runs; what is loaded beside it takes the DMA. The next round waits for both. Whoever
gives the phases knows what they last: the cycle kernels (`simulate`), or a prediction. Time is in cycles of the chip's clock; the host's own takes none.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import simpy

Steps = Generator[Any, Any, None]


class Phases(Protocol):
    """What one round does."""

    def configure(self, environment: simpy.Environment) -> Steps:
        """Before the run."""
        ...

    def run(self, environment: simpy.Environment) -> Steps:
        """From the first injection request to the last END."""
        ...

    def load(self, environment: simpy.Environment) -> Steps:
        """Beside the run."""
        ...


class RoundsModel:
    """A chip whose host starts round after round."""

    def __init__(self, environment: simpy.Environment) -> None:
        self.environment = environment
        self.dma, self.fabric = simpy.Resource(environment), simpy.Resource(environment)

    def host(self, rounds: Iterable[Phases]) -> Steps:
        """Start the phases of each round in turn; the next round is asked for when the one before is over."""
        for part in rounds:
            yield self._process(part.configure(self.environment), self.dma, self.fabric)
            run = self._process(part.run(self.environment), self.fabric)
            yield run & self._process(part.load(self.environment), self.dma)

    def _process(self, steps: Steps, *resources: simpy.Resource) -> simpy.Process:
        return self.environment.process(_held(steps, resources))


def _held(steps: Steps, resources: tuple[simpy.Resource, ...]) -> Steps:
    requests = [resource.request() for resource in resources]
    for request in requests:
        yield request
    yield from steps
    for resource, request in zip(resources, requests, strict=True):
        resource.release(request)


@dataclass(frozen=True)
class Durations:
    """Phases of known length, in cycles."""

    config: int
    running: int
    loading: int

    def configure(self, environment: simpy.Environment) -> Steps:
        yield environment.timeout(self.config)

    def run(self, environment: simpy.Environment) -> Steps:
        yield environment.timeout(self.running)

    def load(self, environment: simpy.Environment) -> Steps:
        yield environment.timeout(self.loading)


def total_cycles(rounds: Iterable[Phases]) -> int:
    """Cycles from the first configuration to the end of the last round."""
    environment = simpy.Environment()
    environment.run(environment.process(RoundsModel(environment).host(rounds)))
    return int(environment.now)
