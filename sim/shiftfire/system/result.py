"""What a run gives back, whichever backend ran it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .real_time import RealTimeCycles

EVENT_DTYPE = np.dtype(
    [
        ("cycle", np.int64),
        ("tile", np.int32),  # -1: I/O tile
        ("event", np.int8),  # shiftfire_spec.events.EventKind
        ("kind", np.int8),  # shiftfire_spec.packet.Kind
        ("vector", np.int64),  # per (tile, event, tag, CREDIT or not), from 0
        ("tag", np.int32),
        ("axon", np.int32),
        ("payload", np.int32),
    ]
)

NOT_STORED = np.iinfo(np.int64).min  # in the place of a membrane that was not written; membranes have at most 32 bits

ENGINE_DTYPE = np.dtype(
    [
        ("cycle", np.int64),
        ("tile", np.int32),
        ("event", np.int8),  # shiftfire_spec.events.ENGINES
        ("activity", np.int8),  # shiftfire_spec.events.Activity
    ]
)


@dataclass(frozen=True, eq=False)
class RunResult:
    """One run of ``samples`` inputs through the chip, back to back.

    Golden leaves ``cycles``, ``config_cycles``, ``sample_cycles`` and ``counters`` at None.
    RTL and board leave ``counters`` at None on a chip that has none, a board ``sample_cycles`` always.
    """

    backend: str  # golden | sim | rtl | cocotb | board
    samples: int
    predictions: (
        NDArray[np.int64] | None
    )  # (samples,): class, or with readout VALUE the number; None when the network has no read-out
    cycles: int | None  # cycles of the whole run
    config_cycles: int | None  # cycles of the configuration that preceded it
    sample_cycles: NDArray[np.int64] | None  # (samples, 2): see `sample_cycles`
    counters: NDArray[np.int64] | None  # (tiles, COUNTERS)
    events: NDArray[np.void] | None  # EVENT_DTYPE, sorted by (cycle, tile, event); None unless asked for
    engine_events: NDArray[np.void] | None = None  # ENGINE_DTYPE, sorted by (cycle, tile, event); None unless asked for
    membranes: Mapping[str, NDArray[np.int64]] | None = (
        None  # by layer, (samples, timesteps, channels, height, width): as stored by each step; None unless planned
    )
    collected: NDArray[np.void] | None = None  # EVENT_DTYPE: SPIKE packets of all outputs, in order of collection
    real_time: RealTimeCycles | None = None  # of inputs in real time, by who sees packets
    loading_cycles: int = 0  # cycles, from the start of the run, of the configuration beside it: the next round's weights

    @property
    def phase_cycles(self) -> int | None:
        """Cycles until run and loading are over."""
        return None if self.cycles is None else max(self.cycles, self.loading_cycles)
