"""Sorbet's BERT-base with random weights, as no trained checkpoint is public: its shape is true, its values mean nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from shiftfire_spec.fire import FireOp

from ..frontends.sorbet.builder import Options
from ..frontends.sorbet.generate import SIZES, Style, checkpoint_of, generate_tensors
from ..frontends.sorbet.lower import import_checkpoint
from ..network.graph import Network
from ..network.values import IntArray

TIMESTEPS = 16  # of Sorbet, whose code n is n spikes
_VOCABULARY = 1000  # of random words: they take no part in what is run


@dataclass(frozen=True)
class Case:
    """So many encoder ``layers``, and how large the codes are: steps of the signed and of the unsigned quantisers in a root mean square of what they see."""

    layers: int
    signed: float
    unsigned: float


def bert_base(case: Case, tokens: int, seed: int) -> tuple[Network, IntArray]:
    """The network, and one sequence of random token ids, embedded: (1, 1, channels, height, width)."""
    size = replace(SIZES["bert-base"], layers=case.layers, vocabulary=_VOCABULARY)
    style = Style(signed_range=case.signed, unsigned_range=case.unsigned)
    checkpoint = checkpoint_of(generate_tensors(size, seed, style), size.heads)
    made = import_checkpoint(checkpoint, Options(tokens))
    ids = np.random.default_rng([seed, 1]).integers(0, _VOCABULARY, (1, tokens))
    return made.network, made.embedding.codes(ids)


def quantisers(network: Network) -> list[str]:
    """Layers that send the 4-bit codes of a quantiser as they are: COUNT, but not "COUNT with levels", nor the pooler's 8 bits."""
    counts = [layer for layer in network.layers if layer.kind.label == FireOp.COUNT.name]
    return [layer.name for layer in counts if layer.value_limits[1] - layer.value_limits[0] < TIMESTEPS]


def spike_rate(network: Network, emitted: Mapping[str, IntArray]) -> float:
    """Spikes per element and timestep of Sorbet's, where each code is as many spikes as its magnitude: over `quantisers`."""
    codes = [emitted[name] for name in quantisers(network)]
    return sum(int(np.abs(code).sum()) for code in codes) / sum(code.size for code in codes) / TIMESTEPS


def sending(network: Network, emitted: Mapping[str, IntArray]) -> float:
    """Share of the same elements that send anything."""
    codes = [emitted[name] for name in quantisers(network)]
    return sum(int(np.count_nonzero(code)) for code in codes) / sum(code.size for code in codes)
