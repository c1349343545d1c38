"""digits-ssf: SparrowSNN's sum-spikes-and-fire."""

from __future__ import annotations

from .entry import Entry

DIGITS_SSF = Entry(
    model="digits-ssf",
    system="SparrowSNN: sum-spikes-and-fire",
    paper="SparrowSNN: a hardware/software co-design for energy efficient ECG classification",
    source="arXiv 2406.06543, abstracts of versions 1 and 2",
    says="98.29 % on MIT-BIH, 31.39 nJ an inference (version 1); 20 to 100 times less energy than what there was (version 2)",
    arithmetic=(
        "A neuron sums the spikes of all T timesteps first and fires once: `n = clip(floor(sum / theta), 0, T)`. The train of n spikes is one event with the count n.",
        "Floor and clip need no division: the fire engine compares and subtracts bit by bit.",
        "A receiver adds its weights once for each bit of n that is set, shifted by the bit's place: at most 4 additions for 15 spikes.",
        "The second hidden layer has weights of one bit, -1 and 1: the count itself is added or subtracted, once for the whole train.",
    ),
    absent="ECG beats, the dense first layer, weights of 8 bits and T = 31: this one has digits, 4-bit and 1-bit weights and T = 15."
    " The paper's energy of a beat is not comparable; [its claim](claims.md#sparrowsnn-sum-spikes-and-fire) is run apart.",
    rasters=("hidden1", "hidden2"),
    shown=8,
)
