"""How much of Sorbet's saving over BERT is one-bit weights, and how much spikes (arXiv 2409.15298)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from ..api.result import Result
from ..energy.corners import Band
from ..energy.dense.arithmetic import FP16, FP32, INT8, INTEGERS
from ..energy.dense.work import dense_macs
from ..energy.parts import Clock, EnergyEstimate
from .bench import Bench
from .bert import Case, bert_base, sending, spike_rate
from .claim import Claim
from .twin import additions, dense_twin
from .verdict import Expected, Figure, exactly

SETTINGS: dict[str, Any] = {
    "chip": "server",
    "bert-base": {
        "BERT-base, published spike rate": {"layers": 1, "signed": 3.0, "unsigned": 6.0},
        "BERT-base, as generated": {"layers": 1, "signed": 2.5, "unsigned": 5.0},
        "BERT-base, few elements send": {"layers": 1, "signed": 0.34, "unsigned": 0.4},
    },
    "tokens": 128,
    "seed": 1,
    "further_chips": ["edge"],
    "models": ["sorbet-tiny"],
    "samples": 10,
    "against": "output-stationary in fp32, fp16, int8 and the network's integers (weights of 1 bit, activations of 4)",
    "decides": "the published spike rate, fp32 or fp16, gated clock and leakage, with main memory or without",
}
FORMATS = (FP32, FP16, INT8, INTEGERS)
FLOATS = (FP32, FP16)
COUNTED: dict[str, Callable[[EnergyEstimate], Band]] = {
    "": lambda estimate: estimate.total(Clock.GATED),
    ", with main memory": lambda estimate: estimate.with_main_memory(Clock.GATED),
}
PERCENT = 100
_PICOJOULES_PER_MILLIJOULE = 1e9


def measure(bench: Bench) -> tuple[Figure, ...]:
    """Each case of BERT-base, the first of which decides, then sorbet-tiny."""
    found: list[Figure] = []
    for number, (name, case) in enumerate(SETTINGS["bert-base"].items()):
        network, inputs = bert_base(Case(**case), SETTINGS["tokens"], SETTINGS["seed"])
        result = bench.network(network, inputs, SETTINGS["chip"])
        figures = (*_ratios(result, "float" if number == 0 else None), *_energies(result), *_activity(result))
        found += [replace(figure, name=f"{name}: {figure.name}") for figure in figures]
    (model,), (chip,) = SETTINGS["models"], SETTINGS["further_chips"]
    tiny = bench.model(model, chip, SETTINGS["samples"])
    found += [replace(figure, name=f"{model}: {figure.name}") for figure in _ratios(tiny, None)]
    return tuple(found)


def _ratios(result: Result, case: str | None) -> Iterator[Figure]:
    """Dense over spiking in each format, of the chip and with main memory; what formats alone save; what spikes alone save. Floats are of ``case``."""
    own = result.energies[0]
    dense = {arithmetic: dense_twin(result, arithmetic) for arithmetic in FORMATS}
    for where, energy in COUNTED.items():
        spiking, quantised = energy(own), energy(dense[INTEGERS])
        for arithmetic, estimate in dense.items():
            decides = case if arithmetic in FLOATS else None
            yield Figure(f"{arithmetic.title} dense over spiking{where}", "x", energy(estimate).over(spiking), decides)
        for arithmetic in (FP32, FP16, INT8):
            yield Figure(f"{arithmetic.title} dense over 1-bit dense{where}", "x", energy(dense[arithmetic]).over(quantised))
        yield Figure(f"1-bit dense over spiking{where}: the part of the spikes", "x", quantised.over(spiking))
    events = dense[FP16].per_inference.over(own.per_inference)
    yield Figure("fp16 dense over spiking, without clock and leakage", "x", events)


def _energies(result: Result) -> Iterator[Figure]:
    """Of a sequence."""
    estimates = {"spiking": result.energies[0]} | {
        f"{arithmetic.title} dense": dense_twin(result, arithmetic) for arithmetic in FORMATS
    }
    for where, energy in COUNTED.items():
        for name, estimate in estimates.items():
            yield Figure(f"{name}{where}", "mJ", energy(estimate).times(1 / _PICOJOULES_PER_MILLIJOULE))


def _activity(result: Result) -> Iterator[Figure]:
    """How much is sent and added."""
    network, spikes = result.network, result.spikes
    yield Figure("spikes per element and timestep of 16, of quantisers", "spikes", exactly(spike_rate(network, spikes)))
    yield Figure("elements of quantisers that send", "%", exactly(PERCENT * sending(network, spikes)))
    yield Figure("additions for each product of the dense twin", "additions", exactly(additions(result) / dense_macs(network)))


SORBET = Claim(
    name="sorbet-bert",
    paper="Sorbet: a neuromorphic hardware-compatible transformer-based spiking language model",
    source="arXiv 2409.15298, version 2, abstract; spike rates from a summary of the paper, as its tables were not at hand",
    published="27.16 x",
    statement="A spiking language model with weights of 1 bit and activations of 4 takes 27.16 times less energy than BERT. The abstract does not say in which"
    " format BERT computes; summaries of the paper's table point to fp16.",
    ran="An encoder layer of BERT-base, with input and pooler, in the simulator: 768 channels, 12 heads, 128 tokens, one sequence, beside the same network on output-stationary"
    " machines of the same lanes in four formats. The model has 12 such layers, and takes them in 13 rounds one after the other: 12 times the cycles of one. Running"
    " all is left out for its time; energies are those of one, ratios hold for all. No trained checkpoint is public, so weights are random, and what is sent is not what trained ones send: steps of the quantisers are such that"
    " codes are as many spikes, of 16 timesteps, as the paper's rates say (0.13 to 0.15, from a summary, which does not tell over what they are taken). Two other"
    " activities are shown, the last with so coarse steps that about a seventh of the elements send anything at all, the other way to read such a rate. `sorbet-tiny`,"
    " layers of the same kind with 64 channels, trained, stands beside. The nearest of fp32 and fp16, with main memory and without, decides.",
    why="Split in two, the saving over a float network is that of one-bit weights and narrow activations, which a dense machine has as well, and that of spikes, last in each list of"
    " ratios: where it is below 1, a dense machine of the same one-bit weights takes less than the spiking one. A rate per timestep says little about it: at the published one"
    " most elements still send a code, and what is saved are the zeros among them and among the bits of a code, while every addition reads and writes a sum in memory that the"
    " dense machine keeps in registers. Weights come from main memory once for all tokens of a sequence, which the second list of ratios has in it. Only when most elements are silent do spikes come near. fp32 instead of fp16 as the baseline is worth another factor of two.",
    expected=Expected(27.16, 27.16),
    settings=SETTINGS,
    measure=measure,
)
