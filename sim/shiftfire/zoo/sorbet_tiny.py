"""sorbet-tiny: a Sorbet encoder."""

from __future__ import annotations

from .entry import EDGE, Entry, OnChip

SORBET_TINY = Entry(
    model="sorbet-tiny",
    system="Sorbet: spiking language model",
    paper="Sorbet: a neuromorphic hardware-compatible transformer-based spiking language model",
    source="arXiv 2409.15298, version 2, abstract",
    says="27.16 times less energy than BERT, GLUE scores that remain competitive; no accuracy in the abstract",
    arithmetic=(
        "An activation is 16 spikes, of which only their number matters: it travels as one event with a 4-bit count, sign and magnitude. Weights are -1 and 1, so the count itself is added or subtracted, once.",
        "PTsoftmax: a row's scores become powers of two, their sum is rounded to one, and each probability is a difference of exponents: three walks over a row, comparisons and shifts only.",
        "BSPN: the mean magnitude of a group gives a power of two, a channel's weight another; the result is sent as a signed power of two, one shifted addition at a residual sum.",
        "Where a power of two is to be a 4-bit count, a table of 32 values at the receiver recodes the event as it arrives: one stream, read in two ways.",
        "Attention's products are those of [attention](../attention.md): keys and values are written into weights, queries and probabilities are events.",
    ),
    absent="BERT-base and GLUE: no trained checkpoint is public ([import](../howto/import-sorbet.md) takes one). Two layers of 64 channels tell apart where docstrings come from. Most elements send an event, so few additions are saved."
    " The board's chip has no shift units, so the second chip is that chip with them. The saving over BERT did not come out: [claim](claims.md#sorbet-bert).",
    rasters=("layer0.query", "pooled"),
    shown=8,
    chips=(EDGE, OnChip("ulx3s", 20, ("core.shift_units=true",))),
)
