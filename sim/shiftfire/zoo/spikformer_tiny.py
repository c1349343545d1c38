"""spikformer-tiny: Spikformer's spiking self-attention."""

from __future__ import annotations

from .entry import Entry

SPIKFORMER_TINY = Entry(
    model="spikformer-tiny",
    system="Spikformer: spiking self-attention",
    paper="Spikformer: when spiking neural network meets transformer",
    source="arXiv 2209.15425, version 1, abstract",
    says="74.81 % on ImageNet with 4 timesteps and 66.3 million parameters",
    arithmetic=(
        "Query, key and value are spikes, attention is `0.125 (q k^T) v` without softmax. One factor of each product becomes events, the other weights: key events are written"
        " into the weight memory of the score core, a query event adds the row of its feature, and the accumulators hold `q k^T` ([attention](../attention.md)).",
        "Scores are whole numbers up to the head's width. They travel as one event each, and a score that is 0 not at all; at the values' core a score of n adds its row for each bit of n.",
        "The scale 0.125 and batch normalisation are in thresholds and biases. LIF has tau = 2, a shift by one, and a hard reset.",
        "`x + SSA(x)` is a sum of spikes, 0 to 2, sent as one event.",
    ),
    absent="ImageNet, more than one block, patch splitting with max pooling. Residual sums and scores are graded events, not spikes, as in the published model.",
    rasters=("query", "scores"),
)
