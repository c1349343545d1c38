"""digits-mlp: a spiking perceptron, trained directly."""

from __future__ import annotations

from .entry import Entry

DIGITS_MLP = Entry(
    model="digits-mlp",
    system="LIF perceptron, trained by STBP",
    paper="Spatio-temporal backpropagation for training high-performance spiking neural networks",
    source="arXiv 1706.02609, abstract",
    says="the best of multi-layer perceptrons on MNIST and N-MNIST then; no figure in the abstract",
    arithmetic=(
        "The paper's iterative LIF, `u = tau u + W s`, fires at a threshold. Here `u <- u - (u >> k) + W s`: the decay is a shift, the threshold is subtracted.",
        "A pixel enters once, as an event with a count of 0 to 16. It adds its row of weights once for each bit that is set, shifted by the bit's place: no multiplication.",
        "The sum stays in the accumulators and drives every timestep; the fire engine makes all timesteps of it, and each spike is one event.",
        "The read-out adds the 4-bit weights of whatever spiked, in whatever order events come, and sends the class.",
    ),
    absent="MNIST and N-MNIST (the data are scikit-learn's digits); a decay that is not a power of two. The float twin is a network with ReLU, not a spiking one.",
    rasters=("hidden",),
)
