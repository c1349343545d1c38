"""sdt-tiny: a block of Spike-driven Transformer V2."""

from __future__ import annotations

from .entry import Entry

SDT_TINY = Entry(
    model="sdt-tiny",
    system="Spike-driven Transformer V2",
    paper="Spike-driven transformer V2: meta spiking neural network architecture inspiring the design of next-generation neuromorphic chips",
    source="arXiv 2404.03663, abstract",
    says="80.0 % on ImageNet-1K with 55 million parameters, 3.7 % more than spiking networks before",
    arithmetic=(
        "Attention is linear: `q (k^T v)`. Value events are written into a core's weights, a key event adds its token's row, so the accumulators hold `k^T v`;"
        " that is loaded into the next core as weights, and query events add its rows ([attention](../attention.md)).",
        "Shortcuts join membranes, not spikes. No core keeps the shortcut's sum: every reader of it adds all terms itself, so that only spikes are sent.",
        "A re-parameterised convolution is merged into one of 3 x 3; its normalisation is in thresholds and biases. LIF has tau = 2, a shift by one, and a hard reset.",
        "The scale 0.125 is in attention's threshold.",
    ),
    absent="ImageNet, convolutional blocks, more than one block. `k^T v` travels as numbers of up to 5 bits: it is not spikes in the paper either."
    " Summing a shortcut anew at every reader costs additions that a kept sum would not.",
    rasters=("key", "key_value"),
)
