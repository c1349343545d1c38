"""The board execution: a program on a board behind a serial port, driven word by word over the link."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.address import (
    CONTROL_CLEAR,
    CONTROL_CONFIGURE,
    CONTROL_DRAIN,
    CONTROL_RUN,
    IO_REGISTER_INDEX,
    STATUS_INTERRUPT,
    STATUS_OVERFLOW,
)
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.counters import COUNTERS
from shiftfire_spec.fingerprint import contract_fingerprint
from shiftfire_spec.image import chip_digest
from shiftfire_spec.soc import FAULT_DMA, REGION, register_address

from ..system.layout import Layout, RoundLayout, lay_out
from ..system.plan import RunError, RunPlan, reloaded
from ..system.readout import collected_packets, read_predictions
from ..system.result import RunResult
from ..system.trace import collected_events
from .link import Link

Progress = Callable[[int, int], None]
PHASE_SECONDS = 60.0
_WORD_BYTES = 4


def run_board(
    plans: Sequence[RunPlan],
    link: Link,
    *,
    trace: bool = False,
    progress: Progress | None = None,
    phase_seconds: float = PHASE_SECONDS,
) -> tuple[RunResult, ...]:
    """Run planned rounds one after the other on the board behind ``link``; ``progress`` counts the words loaded.

    When they do not fit its memory together, they are reloaded (`system.plan.reloaded`): the same runs, behind longer configurations.

    A host sees registers and memory: cycles, counters and collected packets, but not when a packet was injected. So ``sample_cycles`` is None, and
    with ``trace`` the events are the collected packets. Raises RunError when the board is another one, or does not do what it should: no result is made up.
    """
    chip = plans[0].program.chip
    _check_outputs(plans, link.port.name)
    there = check_board(link, chip)
    layout = lay_out(plans, [plan.program.image for plan in plans])
    if layout.size > there and len(plans) > 1:
        plans = reloaded(plans)
        layout = lay_out(plans, [plan.program.image for plan in plans])
    if layout.size > there:
        raise RunError(
            f"port {link.port.name}: this takes {layout.size} words of memory, the board has {there}: use fewer `--samples`, or a smaller network"
        )
    fabric = _Fabric(link, phase_seconds)
    fabric.reset()
    memory = _Memory(fabric, layout, progress)
    results = []
    for plan, part in zip(plans, layout.rounds, strict=True):
        memory.fill(part)
        results.append(_run_round(fabric, plan, part, trace=trace))
        memory.keep(part)
    return tuple(results)


def _check_outputs(plans: Sequence[RunPlan], port: str) -> None:
    """Raise RunError when an output is stored for a later round: a host sees what is collected."""
    for plan in plans:
        both = [name for name in plan.program.network.stored if name in plan.program.network.outputs]
        if both:
            raise RunError(
                f"port {port}: output {both[0]} is read by a later round, so the board stores it and does not hand it over;"
                " end the network with it, or take a chip that holds the network at once"
            )


def check_board(link: Link, chip: ChipConfig) -> int:
    """Begin with the board, and raise RunError unless it is of this contract and chip; returns its words of memory."""
    where = f"port {link.port.name}"
    first = REGION["FABRIC"].base + _WORD_BYTES * IO_REGISTER_INDEX["FINGERPRINT"]
    link.hello(first)
    fingerprint = int(link.read(first, 1)[0])
    if fingerprint != contract_fingerprint():
        raise RunError(
            f"{where}: the board's contract fingerprint is {fingerprint:#010x}, this program's {contract_fingerprint():#010x}:"
            " build the board's design from these sources"
        )
    digest = int(link.read(register_address("SYSTEM", "CHIP_DIGEST"), 1)[0])
    if digest != chip_digest(chip):
        raise RunError(
            f"{where}: the board's chip is another one than {chip.name}: give `--chip` the chip that the board was built for"
        )
    return int(link.read(register_address("SYSTEM", "MEMORY_WORDS"), 1)[0])


class _Memory:
    """What the host does to a board's memory before and after each round."""

    def __init__(self, fabric: _Fabric, layout: Layout, progress: Progress | None) -> None:
        self._fabric, self._progress = fabric, progress
        self._kept: dict[tuple[str, int, int], NDArray[np.uint32]] = {}  # by part
        self._total = sum(len(words) for part in layout.rounds for _, words in part.written)
        self._total += sum(region.size for part in layout.rounds for region in part.restored)
        self._done = 0

    def fill(self, part: RoundLayout) -> None:
        """Write what the round needs, but for what the chip itself writes."""
        for start, words in (*part.written, *((region.address, self._kept[region.part]) for region in part.restored)):
            before = self._done

            def report(done: int, _: int, before: int = before) -> None:
                if self._progress is not None:
                    self._progress(before + done, self._total)

            self._fabric.fill(start, words, report)
            self._done += len(words)

    def keep(self, part: RoundLayout) -> None:
        """Read what a later round plays."""
        for region in part.kept:
            self._kept[region.part] = self._fabric.memory(region.address, region.size)


def _run_round(fabric: _Fabric, plan: RunPlan, part: RoundLayout, *, trace: bool) -> RunResult:
    """Configure, run, read the counters: as the RTL's harness does it."""
    fabric.set(CONFIG_BASE=part.config[0], CONFIG_COUNT=part.config[1])
    fabric.phase(1 << CONTROL_CONFIGURE, "the configuration")
    config_cycles = fabric.get("CONFIG_CYCLES")
    loads = part.loading[1] > 0
    fabric.set(
        CONFIG_BASE=part.loading[0],
        CONFIG_COUNT=part.loading[1],
        INJECT_BASE=part.inject[0],
        INJECT_COUNT=part.inject[1],
        COLLECT_BASE=part.collect,
        COLLECT_LIMIT=part.collect_limit,
        COLLECT_ENDS=plan.collect_ends,
    )
    status = fabric.phase(
        1 << CONTROL_RUN | plan.drains << CONTROL_DRAIN | loads << CONTROL_CONFIGURE, "the run", plan.wait_seconds
    )
    cycles, packets = fabric.get("CYCLES"), fabric.get("COLLECT_COUNT")
    loading_cycles = fabric.get("CONFIG_CYCLES") if loads else 0
    if status >> STATUS_OVERFLOW & 1:
        raise RunError(
            f"{fabric.where}: the chip sent {packets} packets, there is room for {part.collect_limit}: it is not what was built"
        )
    fabric.set(CONFIG_BASE=part.readback[0], CONFIG_COUNT=part.readback[1], READ_BASE=part.counters)
    fabric.phase(1 << CONTROL_CONFIGURE, "the reading of the counters")
    counters = fabric.memory(part.counters, part.readback[1]).reshape(-1, COUNTERS)
    events = collected_events(fabric.memory(part.collect, 2 * packets).reshape(-1, 2))
    return RunResult(
        backend="board",
        samples=plan.samples,
        predictions=read_predictions(plan.program, events, plan.samples),
        collected=collected_packets(plan.program, events),
        cycles=cycles,
        config_cycles=config_cycles,
        sample_cycles=None,
        counters=counters.astype(np.int64) if plan.program.chip.counter_bits else None,
        events=events if trace else None,
        loading_cycles=loading_cycles,
    )


class _Fabric:
    """The I/O tile of a board."""

    def __init__(self, link: Link, phase_seconds: float) -> None:
        self.where = f"port {link.port.name}"
        self._link, self._phase_seconds = link, phase_seconds

    def get(self, name: str) -> int:
        """A register."""
        return int(self._link.read(REGION["FABRIC"].base + _WORD_BYTES * IO_REGISTER_INDEX[name], 1)[0])

    def set(self, **values: int) -> None:
        """Registers; those that lie side by side in one request."""
        rows = sorted((IO_REGISTER_INDEX[name], value) for name, value in values.items())
        while rows:
            first = rows[0][0]
            side_by_side = [value for offset, (index, value) in enumerate(rows) if index == first + offset]
            self._link.write(REGION["FABRIC"].base + _WORD_BYTES * first, np.array(side_by_side, np.uint32))
            rows = rows[len(side_by_side) :]

    def memory(self, word: int, count: int) -> NDArray[np.uint32]:
        """Words of main memory."""
        return self._link.read(REGION["MEMORY"].base + _WORD_BYTES * word, count)

    def fill(self, word: int, words: NDArray[np.uint32], progress: Progress) -> None:
        """Write words of main memory."""
        self._link.write(REGION["MEMORY"].base + _WORD_BYTES * word, words, progress)

    def reset(self) -> None:
        """Whatever somebody before has left running is over."""
        self._link.write(register_address("SYSTEM", "FABRIC_RESET"), np.ones(1, np.uint32))
        end = time.monotonic() + self._phase_seconds
        while self._system("RESETTING"):
            if time.monotonic() > end:
                raise RunError(f"{self.where}: the fabric stays in reset; reset the board")
        self._link.write(register_address("SYSTEM", "CLEAR"), np.ones(1, np.uint32))

    def phase(self, control: int, what: str, more_seconds: float = 0.0) -> int:
        """Start what ``control`` says and wait for its end, which may take ``more_seconds`` than others; STATUS at the end. Raises RunError, after a reset."""
        self.set(CONTROL=1 << CONTROL_CLEAR)
        self.set(CONTROL=control)
        end = time.monotonic() + self._phase_seconds + more_seconds
        while True:
            status = self.get("STATUS")
            problem = None
            if self._system("FAULT") >> FAULT_DMA & 1:
                address = self._system("DMA_ADDRESS")
                problem = f"the fabric asked for memory word {address}, which does not exist"
            elif status >> STATUS_INTERRUPT & 1:
                self.set(CONTROL=1 << CONTROL_CLEAR)
                return status
            elif time.monotonic() > end:
                problem = f"not over after {self._phase_seconds + more_seconds:g} s; `--timeout` gives it more"
            if problem is not None:
                self.reset()
                raise RunError(f"{self.where}: {what} failed: {problem}")

    def _system(self, name: str) -> int:
        return int(self._link.read(register_address("SYSTEM", name), 1)[0])
