"""Product sparsity of spikes: rows that reuse the sums of rows within them (Prosperity, arXiv 2503.03379)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..api.result import Result
from ..network.graph import Layer, Network
from ..network.synapses import SynapseOp, Synapses
from ..network.values import IntArray
from .bench import Bench
from .claim import Claim
from .verdict import Expected, Figure, exactly

SETTINGS: dict[str, Any] = {
    "chip": "edge",
    "models": ["digits-mlp", "spikformer-tiny", "sdt-tiny"],
    "samples": 10,
    "tile_rows": 256,
    "tile_columns": 16,
    "decides": "the model that saves most",
}
PERCENT = 100


def left_after_reuse(spikes: IntArray) -> int:
    """Additions left of a tile (rows, columns) of 0 and 1: each row takes over the sums of the largest row whose spikes are all its own.

    Of equal rows a later one takes those of an earlier one, and has none left. A row that is empty is of no use to others.
    """
    counts = spikes.sum(axis=1)
    within = (spikes @ spikes.T) == counts[None, :]  # [i, j]: all spikes of j are spikes of i
    number = np.arange(len(spikes))
    usable = within & ((counts[None, :] < counts[:, None]) | (number[None, :] < number[:, None]))
    return int((counts - np.max(np.where(usable, counts[None, :], 0), axis=1, initial=0)).sum())


def additions_of(rows: IntArray, tile_rows: int, tile_columns: int) -> tuple[int, int]:
    """Spikes of a matrix (rows, columns), and what reuse within tiles leaves of them."""
    left = 0
    for top in range(0, len(rows), tile_rows):
        for start in range(0, rows.shape[1], tile_columns):
            left += left_after_reuse(rows[top : top + tile_rows, start : start + tile_columns])
    return int(rows.sum()), left


def windows(values: IntArray, synapses: Synapses) -> IntArray:
    """What each output position sees: (timesteps, channels, height, width) as (timesteps x positions, channels x kernel)."""
    if synapses.op is SynapseOp.DENSE:
        return values.reshape(len(values), -1)
    (tall, wide), (down, across) = synapses.kernel, synapses.stride
    pad = [(0, 0), (0, 0), *((size, size) for size in synapses.padding)]
    seen = np.lib.stride_tricks.sliding_window_view(np.pad(values, pad), (tall, wide), axis=(2, 3))
    seen = seen[:, :, ::down, ::across]  # (timesteps, channels, rows, columns, tall, wide)
    return seen.transpose(0, 2, 3, 1, 4, 5).reshape(-1, values.shape[1] * tall * wide)


def countable(network: Network) -> Iterator[tuple[Layer, Synapses]]:
    """Dense layers and convolutions that see binary spikes: no pooling before, no dilation, groups or blocks."""
    for layer in network.layers:
        for synapses in layer.synapses:
            plain = (synapses.pre_pool, synapses.dilation, synapses.groups, synapses.block) == (1, (1, 1), 1, None)
            binary = network.source(synapses.source).value_limits == (0, 1)
            if plain and binary and synapses.op in (SynapseOp.DENSE, SynapseOp.CONV2D):
                yield layer, synapses


def count(result: Result, tile_rows: int, tile_columns: int) -> tuple[int, int, int]:
    """Elements of the matrices of all layers and samples, spikes among them, and additions left."""
    elements = spikes = left = 0
    for _, synapses in countable(result.network):
        for sample in result.spikes[synapses.source]:
            rows = windows(sample, synapses)
            own, reused = additions_of(rows, tile_rows, tile_columns)
            elements, spikes, left = elements + rows.size, spikes + own, left + reused
    return elements, spikes, left


def measure(bench: Bench) -> tuple[Figure, ...]:
    """Densities and the factor between them; the models stand for one that is not here."""
    found: list[Figure] = []
    for model in SETTINGS["models"]:
        result = bench.model(model, SETTINGS["chip"], SETTINGS["samples"])
        elements, spikes, left = count(result, SETTINGS["tile_rows"], SETTINGS["tile_columns"])
        found += [
            Figure(f"{model}: spikes over products left", "x", exactly(spikes / left), "any model"),
            Figure(f"{model}: bit density", "%", exactly(PERCENT * spikes / elements)),
            Figure(f"{model}: product density", "%", exactly(PERCENT * left / elements)),
        ]
    return tuple(found)


PROSPERITY = Claim(
    name="prosperity-product-sparsity",
    paper="Prosperity: accelerating spiking neural networks via product sparsity",
    source="arXiv 2503.03379, version 2, abstract",
    published="11 x (13.19 % to 1.23 %)",
    statement="Rows of spikes that hold another row's spikes can take over its sums. In SpikeBERT that leaves a density of 1.23 %, where spikes have 13.19 %: 11 times"
    " fewer additions.",
    ran="Counted on what the layers of shipped models emit, sample by sample: a row is what one output position sees in one timestep, in tiles of 256"
    " rows and 16 columns; each row reuses the largest row of its tile whose spikes are all its own, of equal ones an earlier. The definition is the"
    " abstract's and a summary's, the tile that of the authors' kernels: we are fairly sure of both, and have not compared with their program. Dense layers"
    " and convolutions of binary spikes are counted; products of activations, and sums of pooled spikes, are not. The model that saves most decides.",
    why="How much is shared hangs on how many rows a matrix has, and on how few spikes a row of 16 columns has. SpikeBERT has 128 tokens times timesteps; these models have"
    " 4 to 8 timesteps and at most 16 positions. So the effect is there, and its size is not to be had from small models. What finding the rows"
    " costs is not counted.",
    expected=Expected(11, 11),
    settings=SETTINGS,
    measure=measure,
)
