"""digits-cnn: a spiking convolutional network, trained directly."""

from __future__ import annotations

from .entry import Entry

DIGITS_CNN = Entry(
    model="digits-cnn",
    system="LIF convolutions, trained directly",
    paper="Direct training for spiking neural networks: faster, larger, better",
    source="arXiv 1809.05793, abstract",
    says="accuracy on CIFAR10 comparable with that of dense networks; no figure in the abstract",
    arithmetic=(
        "A pixel enters once, as an event with a count; the first layer's sums drive all timesteps, so the first layer encodes, as in the paper.",
        "An event of a feature map finds, by its place, the outputs whose kernel it lies under, and adds the kernel's weights of all channels to each: a beat for each place and lane group.",
        "Average pooling before a convolution is a sum of spikes, taken where it is read: an event's place is halved as it arrives. The division is in the thresholds.",
        "LIF with a decay that is a shift; the threshold is subtracted, the weights have 4 bits.",
    ),
    absent="Neuron normalisation, CIFAR10 and recordings of event cameras. The float twin is a network with ReLU, not a spiking one.",
    rasters=("conv1", "conv2"),
)
