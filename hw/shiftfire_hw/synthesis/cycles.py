"""Cycles of a unit with streams, counted in Amaranth's own simulator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amaranth.lib import wiring
from amaranth.sim import Simulator

_ROWS = 3  # the second row's start and the last row's end are looked at; one more shows the steady state
_PERIOD_S = 1e-8


@dataclass(frozen=True)
class Cycles:
    """Cycles of rows of one length, no stalls.

    latency: from a row's first beat in to its first result out. row: from a row's first beat in to the next row's, in steady state.
    """

    latency: int
    row: int


def measure_cycles(unit: wiring.Component, *, beats: int) -> Cycles:
    """Cycles of rows of ``beats`` beats through ``unit``: streams ``i`` and ``o``, payload with ``first`` and ``last``, and ``valid`` or ``mask``."""
    accepted, given = _run(unit, beats)
    return Cycles(latency=given[0] - accepted[0], row=accepted[(_ROWS - 1) * beats] - accepted[(_ROWS - 2) * beats])


def _run(unit: Any, beats: int) -> tuple[list[int], list[int]]:
    """Cycles in which beats went in and results came out. Data is all zeros: it changes no cycle."""
    accepted: list[int] = []
    given: list[int] = []

    async def bench(context: Any) -> None:
        payload = unit.i.payload
        lanes = payload.valid if "valid" in dict(payload.shape()) else payload.mask
        context.set(unit.o.ready, 1)
        context.set(lanes, -1)
        cycle = 0
        while len(given) < _ROWS * beats:
            index = len(accepted) % beats
            context.set(unit.i.valid, len(accepted) < _ROWS * beats)
            context.set(payload.first, index == 0)
            context.set(payload.last, index == beats - 1)
            _, _, valid, ready, result = await context.tick().sample(unit.i.valid, unit.i.ready, unit.o.valid)
            if valid and ready:
                accepted.append(cycle)
            if result:
                given.append(cycle)
            cycle += 1

    simulator = Simulator(unit)
    simulator.add_clock(_PERIOD_S)
    simulator.add_testbench(bench)
    simulator.run()
    return accepted, given
