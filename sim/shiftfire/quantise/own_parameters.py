"""Which parameters a layer can keep for each neuron, so that its channels, rows and columns stay, and which it cannot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from shiftfire_spec.fire import Reset

from ..frontends.float_graph.neurons import FloatArray
from .dynamics import Dynamics, Emits
from .leaks import Leaks
from .maps import Grid

ERROR_STEP = 1 / 4096  # to which errors that gains make up for are rounded: neurons that leak nearly alike have one gain
MOST_GAIN_RATIO = 64.0  # of a channel's gains that go into thresholds: so many times coarser is the least of these


def within(values: FloatArray, channels: int) -> bool:
    """Whether ``values`` (neurons,) differ within one of the channels."""
    rows = values.reshape(channels, -1)
    return bool(np.any(rows != rows[:, :1]))


def settled_currents(grid: Grid, dynamics: Dynamics, leaks: tuple[Leaks, ...]) -> Dynamics:
    """The dynamics with gains that make up for what the currents' leaks miss: nothing resets a current, so under steady input it settles where it should.

    Membranes are left alone: resets cut their memory off, and the same there costs more spikes than it saves. So are membranes that are sent, where
    gains would then differ within a channel.
    """
    if dynamics.current is None:
        return dynamics
    factor = 1 + np.rint(leaks[1].error / ERROR_STEP) * ERROR_STEP
    if dynamics.emits is Emits.MEMBRANE and within(factor, grid[0]):
        return dynamics
    return replace(dynamics, current=replace(dynamics.current, gain=dynamics.current.gain * factor))


def gains_into_thresholds(grid: Grid, dynamics: Dynamics) -> tuple[Dynamics, FloatArray | None]:
    """The same spikes with one gain per channel, where gains differ within a channel: each neuron's membrane is counted in a unit of its own,

    so its threshold is another one. Second: real membrane per membrane of these dynamics, (neurons,). The dynamics as they are, and None, where
    gains do not differ, or by too much, or membranes are sent, or a value that all neurons share is not 0.
    """
    channels, current = grid[0], dynamics.current
    gain = dynamics.gain if current is None else dynamics.gain * current.gain
    shared = [dynamics.v_init, dynamics.v_reset if dynamics.reset is Reset.ZERO else None]
    shared.append(None if own_floors(dynamics) else dynamics.floor)
    if dynamics.emits is not Emits.SPIKES or not within(gain, channels) or any(a is not None and np.any(a) for a in shared):
        return dynamics, None
    rows = gain.reshape(channels, -1)
    if np.any(rows <= 0) or np.any(rows.max(axis=1) > MOST_GAIN_RATIO * rows.min(axis=1)):
        return dynamics, None
    common = np.broadcast_to(rows[:, :1], rows.shape).reshape(-1)
    scale = gain / common
    return replace(
        dynamics,
        gain=common,
        drift=dynamics.drift / scale,
        theta=dynamics.theta / scale,
        floor=None if dynamics.floor is None else dynamics.floor / scale,
        current=None if current is None else replace(current, gain=np.ones_like(common)),
    ), scale


def own_floors(dynamics: Dynamics) -> bool:
    """Whether every neuron is held at minus its own threshold."""
    return dynamics.floor is not None and bool(np.all(dynamics.floor == -dynamics.theta))


def keeps_grid(grid: Grid, dynamics: Dynamics, constant: FloatArray, leaks: tuple[Leaks, ...], *, each: bool) -> bool:
    """Whether a layer on ``grid`` can have these parameters: none differs within a channel but, with ``each``, those of a neuron's own word.

    ``constant`` (neurons,): current that enters in every step.
    """
    own = [dynamics.theta, dynamics.drift, constant, *(leak.form for leak in leaks)]
    shared = [dynamics.gain, dynamics.v_reset]
    shared += [a for a in (None if own_floors(dynamics) else dynamics.floor, dynamics.v_init) if a is not None]
    shared += [] if dynamics.current is None else [dynamics.current.gain]
    by_word = each and dynamics.emits is not Emits.STEP
    if not by_word and dynamics.floor is not None:
        shared.append(dynamics.floor)
    return not any(within(a, grid[0]) for a in (shared if by_word else [*shared, *own]))
