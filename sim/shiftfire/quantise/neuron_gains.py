"""Gains that differ within a channel, at the end of a chain: into the neurons that they lead to, or into a matrix."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..frontends.float_graph.neurons import FloatArray
from .chain import Chain
from .dynamics import Dynamics
from .errors import QuantiseError
from .maps import MAX_MATRIX, Dense, Elementwise, matrix, scaled
from .own_parameters import within


@dataclass(frozen=True, eq=False)
class Moved:
    """A chain whose gains are one number per channel, and neurons that make up for it: ``gain`` (neurons,) times what enters, the constant too."""

    chain: Chain
    gain: FloatArray

    def dynamics(self, dynamics: Dynamics) -> Dynamics:
        """``dynamics`` with the gains."""
        return replace(dynamics, gain=dynamics.gain * self.gain)


def moved(chain: Chain) -> Moved | None:
    """The chain without the gains that differ within a channel; None where none do, or where they change sign or one of them is 0."""
    channels = chain.grid[0]
    after = chain.map.gain.reshape(-1) if isinstance(chain.map, Elementwise) else chain.after
    if after is None or not within(after, channels):
        return None
    rows = after.reshape(channels, -1)
    common = np.repeat(rows[:, 0], rows.shape[1])
    if np.any(common == 0) or np.any(after / np.where(common == 0, 1, common) <= 0):
        return None
    ratio = after / common
    plain = Elementwise(common.reshape(chain.grid)) if isinstance(chain.map, Elementwise) else scaled(chain.map, common)
    assert plain is not None, "one number per channel"
    return Moved(replace(chain, map=plain, constant=chain.constant / ratio, after=None), ratio)


def written_out(source: str, chain: Chain) -> Chain:
    """The chain with such gains in a matrix, where it has any. Raises QuantiseError when that would be too large."""
    if chain.after is None:
        return chain
    weights = matrix(chain.map, chain.seen)
    if weights is None:
        raise QuantiseError(
            f"node {source}: what follows it is scaled by other numbers within a channel, which needs a matrix of more than {MAX_MATRIX} weights;"
            " make them equal per channel, or take a chip with neuron_parameters"
        )
    return replace(chain, map=Dense(weights * chain.after[:, None]), after=None)
