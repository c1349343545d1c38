"""Claims that nothing here can test, each with its reason."""

from __future__ import annotations

from .claim import Claim

_NOTHING = "Nothing."

UNSAYABLE: tuple[Claim, ...] = (
    Claim(
        name="otters-optical",
        paper="Otters: an energy-efficient spiking transformer via optical time-to-first-spike encoding",
        source="arXiv 2509.18968, abstract",
        published="1.77 x",
        statement="A spiking transformer whose time-to-first-spike decay is that of an optoelectronic synapse takes 1.77 times less energy than"
        " the best spiking networks before it.",
        ran=_NOTHING,
        why="The saving is of a device: light and its decay do the weighting. Our chip is digital and our constants are of digital cells. What could be counted are its"
        " events, and those are not what the figure is about.",
    ),
    Claim(
        name="matterhorn-memristive",
        paper="Matterhorn: efficient analog sparse spiking transformer architecture with masked time-to-first-spike encoding",
        source="arXiv 2601.22876, abstract",
        published="2.31 x",
        statement="Masked time-to-first-spike codes and a memristive synapse unit, which reads no weights, take 2.31 times less energy together.",
        ran=_NOTHING,
        why="Analog sums inside a memory have no counterpart in our hardware, and the factor is not given apart for the code alone in what we could read.",
    ),
    Claim(
        name="spiker-power",
        paper="Spiker+: a framework for the generation of efficient spiking neural networks FPGA accelerators for inference at the edge",
        source="arXiv 2401.01141; from its abstract as we know it, which was not at hand",
        published="180 mW",
        statement="An accelerator for MNIST on an FPGA draws 180 mW and takes 780 us a picture.",
        ran=_NOTHING,
        why="Power of an FPGA is measured on a board, or estimated with the vendor's tool; our energy model is of an ASIC at 22 nm, and says nothing about FPGAs.",
    ),
    Claim(
        name="kirin",
        paper="Kirin: improving ANN efficiency with SNN hybridization",
        source="arXiv 2602.08817, abstract",
        published="up to 84.66 %",
        statement="A hybrid of spikes and integers for language models (4-bit weights, 4 and 8-bit activations) takes up to 84.66 % less energy and 93.75 % fewer"
        " timesteps at nearly the accuracy of fp16.",
        ran=_NOTHING,
        why="It needs a language model of that size with its mixed activations, and lanes for integers beside lanes for spikes: we have neither.",
    ),
)
