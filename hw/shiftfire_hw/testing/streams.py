"""Cycle-driven agents for cocotb benches: drivers and monitors of streams with random idle cycles and back-pressure.

A bench calls `Bench.cycle` once per clock cycle. Inputs change right after the rising edge; everything is looked at on the falling
edge, when all combinational logic has settled; so an agent sees exactly the values with which the cycle ends.
"""

import os
import random
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

from .runner import SEED_VARIABLE

CLOCK_PERIOD_NS = 10


def bench_seed() -> int:
    """The seed of this run: $SHIFTFIRE_SEED."""
    return int(os.environ[SEED_VARIABLE])


class Agent(Protocol):
    """Takes part in every cycle."""

    def drive(self) -> None:
        """Set inputs of the design, right after the rising edge."""
        ...

    def observe(self) -> None:
        """Look at the settled values of the cycle."""
        ...


class Bench:
    """Clock, reset, random numbers and agents of one test.

    ``cycles`` counts from the first cycle after reset; in ``observe`` it is the current cycle. ``seed`` defaults to `bench_seed`.
    """

    def __init__(self, dut: Any, *, seed: int | None = None) -> None:
        self.dut = dut
        self.random = random.Random(bench_seed() if seed is None else seed)
        self.agents: list[Agent] = []
        self.cycles = 0

    def add(self, agent: Any) -> Any:
        """Add an agent and return it."""
        self.agents.append(agent)
        return agent

    async def start(self) -> None:
        """Start the clock and reset the design for one cycle; agents drive their first values meanwhile."""
        cocotb.start_soon(Clock(self.dut.clk, CLOCK_PERIOD_NS, "ns").start())
        self.dut.rst.value = 1
        await RisingEdge(self.dut.clk)
        await RisingEdge(self.dut.clk)
        self.dut.rst.value = 0

    async def cycle(self, count: int = 1, *, check: Callable[[], None] | None = None) -> None:
        """Run ``count`` cycles; ``check`` runs after the agents' ``observe``."""
        for _ in range(count):
            for agent in self.agents:
                agent.drive()
            await FallingEdge(self.dut.clk)
            for agent in self.agents:
                agent.observe()
            if check is not None:
                check()
            await RisingEdge(self.dut.clk)
            self.cycles += 1

    async def until(self, condition: Callable[[], bool], *, limit: int, what: str) -> None:
        """Run cycles until ``condition``; AssertionError naming ``what`` after ``limit`` cycles."""
        for _ in range(limit):
            if condition():
                return
            await self.cycle()
        raise AssertionError(f"{what} did not happen within {limit} cycles")


def value(handle: Any) -> int:
    """Value of a signal as an unsigned integer."""
    return int(handle.value)


class StreamDriver:
    """Offers the items of ``queue`` on the stream input ``prefix`` of the design, each cycle with probability 1 - ``idle``.

    Once offered, an item stays until it is accepted. ``sent``: (cycle, item) of every transfer.
    """

    def __init__(self, bench: Bench, prefix: str, *, idle: float = 0.0) -> None:
        self.bench, self.idle = bench, idle
        self.payload, self.valid, self.ready = (getattr(bench.dut, f"{prefix}__{name}") for name in ("payload", "valid", "ready"))
        self.queue: deque[int] = deque()
        self.sent: list[tuple[int, int]] = []
        self.offering = False

    def drive(self) -> None:
        if not self.offering:
            self.offering = bool(self.queue) and self.bench.random.random() >= self.idle
        self.valid.value = int(self.offering)
        self.payload.value = self.queue[0] if self.offering else 0

    def observe(self) -> None:
        if self.offering and value(self.ready):
            self.sent.append((self.bench.cycles, self.queue.popleft()))
            self.offering = False


class StreamMonitor:
    """Takes items from the stream output ``prefix``, not ready with probability ``stall`` in each cycle.

    ``taken``: (cycle, item) of every transfer.
    """

    def __init__(self, bench: Bench, prefix: str, *, stall: float = 0.0) -> None:
        self.bench, self.stall = bench, stall
        self.payload, self.valid, self.ready = (getattr(bench.dut, f"{prefix}__{name}") for name in ("payload", "valid", "ready"))
        self.taken: list[tuple[int, int]] = []
        self.open = False

    def drive(self) -> None:
        self.open = self.bench.random.random() >= self.stall
        self.ready.value = int(self.open)

    def observe(self) -> None:
        if self.open and value(self.valid):
            self.taken.append((self.bench.cycles, value(self.payload)))
