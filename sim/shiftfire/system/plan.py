"""What a run of a program on some inputs is made of, whichever backend executes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.address import CONFIG_ADDRESS, Space
from shiftfire_spec.counters import COUNTERS
from shiftfire_spec.events import IO_TILE, EventKind
from shiftfire_spec.packet import Kind

from ..compiler.events import CoreEvents, core_events
from ..compiler.inject import Injection, injection_words
from ..compiler.program import Program
from ..golden.execute import GoldenTrace, execute
from ..network.graph import IntArray


class RunError(RuntimeError):
    """An execution did not finish or did not do what its configuration asks; the message says where."""


@dataclass(frozen=True, eq=False)
class RunPlan:
    """A program, its inputs as an injection program, and what golden says of them."""

    program: Program
    golden: GoldenTrace
    events: tuple[CoreEvents, ...]
    injection: Injection
    samples: int

    @property
    def collect_ends(self) -> int:
        """END packets that the I/O tile collects in the run."""
        return self.samples * self.program.ends_per_sample()

    @property
    def collect_packets(self) -> int:
        """Packets that the I/O tile collects in the run."""
        output = {core.tile for core in self.program.output_cores()}
        return self.collect_ends + sum(len(e.axon) for e in self.events if e.core.tile in output)


def plan_run(program: Program, inputs: IntArray) -> RunPlan:
    """Run golden and lower the inputs. Raises NetworkError when the inputs do not fit the network."""
    injection = injection_words(program, inputs)
    golden = execute(program.network, inputs)
    return RunPlan(program, golden, core_events(program, golden.activations), injection, injection.samples)


def counter_clear_image(program: Program) -> NDArray[np.uint32]:
    """Configuration entries that clear every tile's counters."""
    tiles = range(program.chip.tiles)
    return np.array([(CONFIG_ADDRESS.pack(space=Space.COUNTER, tile=t), 0) for t in tiles], np.uint32)


def counter_read_image(program: Program) -> NDArray[np.uint32]:
    """Configuration entries that read every counter of every tile, in order."""
    entries = [
        (CONFIG_ADDRESS.pack(space=Space.COUNTER, tile=t, offset=i, read=1), 0)
        for t in range(program.chip.tiles)
        for i in range(COUNTERS)
    ]
    return np.array(entries, np.uint32)


def sample_cycles(plan: RunPlan, events: NDArray[np.void]) -> NDArray[np.int64] | None:
    """Per sample: cycle of its first injected packet, cycle of its last collected END; shape (samples, 2).

    None when a sample was not injected, or its collection is missing or one too many: that takes faulty hardware.
    """
    program = plan.program
    io = events[events["tile"] == IO_TILE]
    sent = io[(io["event"] == EventKind.SEND) & (io["kind"] != Kind.CREDIT)]
    timesteps = program.network.input.timesteps
    place = np.searchsorted(sent["vector"], np.arange(plan.samples) * timesteps)
    ends = io[(io["event"] == EventKind.COLLECT) & (io["kind"] == Kind.END)]
    per_sample = program.network.layer(program.network.output).timesteps
    sample = ends["vector"] // per_sample
    per_place = np.bincount(sample, minlength=plan.samples)
    if np.any(place == len(sent)) or len(per_place) > plan.samples or np.any(per_place != program.ends_per_sample()):
        return None
    last = np.zeros(plan.samples, np.int64)
    np.maximum.at(last, sample, ends["cycle"])
    return np.stack([sent["cycle"][place], last], axis=1)
