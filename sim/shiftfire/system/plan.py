"""What a run of a program on some inputs is made of, whichever backend executes it."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.address import CONFIG_ADDRESS, Space
from shiftfire_spec.counters import COUNTERS
from shiftfire_spec.events import IO_TILE, EventKind
from shiftfire_spec.packet import Kind

from ..compiler.events import CoreEvents, core_events, steps_per_vector
from ..compiler.inject import Injection, injection_words
from ..compiler.program import Program
from ..golden.execute import GoldenTrace, execute
from ..network.graph import IntArray
from ..network.inputs import expand_inputs


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
    """Run golden and lower the inputs.

    Raises NetworkError when the inputs do not fit the network, MemoryError when what golden computes cannot fit the machine.
    """
    _check_memory(program, len(expand_inputs(program.network.input, inputs)))
    injection = injection_words(program, inputs)
    golden = execute(program.network, inputs)
    return RunPlan(program, golden, core_events(program, golden.activations), injection, injection.samples)


def least_bytes(program: Program, samples: int) -> int:
    """Memory that a plan takes at least: every activation, the sums of the largest layer, and the event index of every fire step, in int64."""
    network = program.network
    values = [layer.timesteps * layer.shape.size for layer in (network.input, *network.layers)]
    steps = [network.layer(core.layer).timesteps * steps_per_vector(program, core) for core in program.cores]
    return samples * np.dtype(np.int64).itemsize * (sum(values) + max(values) + sum(steps))


def _check_memory(program: Program, samples: int) -> None:
    """Raise MemoryError, before anything is allocated, when ``least_bytes`` exceeds the machine's memory."""
    need, limit = least_bytes(program, samples), os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if need > limit:
        raise MemoryError(f"{samples} samples need at least {need / 2**30:,.1f} GiB, this machine has {limit / 2**30:,.1f} GiB")


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
