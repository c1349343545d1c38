"""How much of Sorbet's saving over BERT is one-bit weights, and how much spikes (arXiv 2409.15298)."""

from __future__ import annotations

from typing import Any

from ..energy.dense.arithmetic import FP16, FP32, INT8, INTEGERS
from ..energy.parts import Clock
from .bench import Bench
from .claim import Claim
from .twin import dense_twin
from .verdict import Expected, Figure

SETTINGS: dict[str, Any] = {
    "chip": "edge",
    "models": ["sorbet-tiny"],
    "samples": 10,
    "against": "output-stationary in fp32, fp16, int8 and the network's integers (weights of 1 bit)",
    "decides": "fp32 or fp16, gated clock and leakage",
}


def measure(bench: Bench) -> tuple[Figure, ...]:
    """Dense over spiking in each format; what formats alone save; what spikes alone save."""
    (model,) = SETTINGS["models"]
    result = bench.model(model, SETTINGS["chip"], SETTINGS["samples"])
    own = result.energies[0].total(Clock.GATED)
    dense = {arithmetic: dense_twin(result, arithmetic).total(Clock.GATED) for arithmetic in (FP32, FP16, INT8, INTEGERS)}
    quantised = dense[INTEGERS]
    return (
        *(
            Figure(f"{a.title} dense over spiking", "x", band.over(own), "float" if a in (FP32, FP16) else None)
            for a, band in dense.items()
        ),
        *(Figure(f"{a.title} dense over 1-bit dense", "x", dense[a].over(quantised)) for a in (FP32, FP16, INT8)),
        Figure("1-bit dense over spiking: the part of the spikes", "x", quantised.over(own)),
    )


SORBET = Claim(
    name="sorbet-bert",
    paper="Sorbet: a neuromorphic hardware-compatible transformer-based spiking language model",
    source="arXiv 2409.15298, version 2, abstract",
    published="27.16 x",
    statement="A spiking language model with weights of 1 bit and activations of 4 takes 27.16 times less energy than BERT. The abstract does not say in which"
    " format BERT computes; summaries of the paper's table point to fp16.",
    ran="`sorbet-tiny`, a network of the same layers with 64 channels and two blocks, beside the same network on an output-stationary machine in four"
    " formats. BERT-base itself was not run. The nearer of fp32 and fp16 decides.",
    why="Split in two, the saving over a float network is that of one-bit weights and narrow activations, which a dense machine has as well; the spikes' own part is"
    " below 1: on one-bit weights the dense machine takes less than the spiking one. The network is small, and its sums in memory weigh as much as in a"
    " large one; weights read from main memory, where one bit saves most, are not counted.",
    expected=Expected(27.16, 27.16),
    settings=SETTINGS,
    measure=measure,
)
