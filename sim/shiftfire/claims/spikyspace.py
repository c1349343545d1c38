"""What is left of a dense network's energy, with constants of two technologies and of one (SpikySpace, arXiv 2601.02411)."""

from __future__ import annotations

from typing import Any

from ..api.result import Result
from ..energy.corners import Band
from ..energy.dense.arithmetic import FP32, INT8, Arithmetic
from ..energy.dense.work import dense_macs
from ..energy.parts import Clock
from ..energy.table import load_table
from .bench import Bench
from .claim import Claim
from .models import MODELS
from .twin import additions, dense_twin
from .verdict import Figure, exactly

SETTINGS: dict[str, Any] = {
    "chip": "edge",
    "models": list(MODELS),
    "samples": 10,
    "script_addition_pj": 0.05448,
    "script_mac_pj": 4.6,
    "against": "output-stationary, fp32 and int8 at 22 nm",
}
PERCENT = 100


def _operations(result: Result, arithmetic: Arithmetic) -> Band:
    """Additions over multiply-accumulates, in percent, priced by one table."""
    table, price = load_table(), arithmetic.price
    if price is None:
        raise ValueError(f"{arithmetic.title} have no price of their own")

    def band(name: str) -> Band:
        constant = table.constant(name)
        return Band(constant.low, constant.value, constant.high)

    spiking = band("accumulate").times(additions(result))
    return spiking.over((band(price.multiply) + band(price.add)).times(dense_macs(result.network))).times(PERCENT)


def measure(bench: Bench) -> tuple[Figure, ...]:
    """What each model leaves of its dense twin's energy, in percent. Nothing of it decides: the claim is about two networks that are not here."""
    found: list[Figure] = []
    ratio = SETTINGS["script_addition_pj"] / SETTINGS["script_mac_pj"]
    for model in SETTINGS["models"]:
        result = bench.model(model, SETTINGS["chip"], SETTINGS["samples"])
        script = exactly(PERCENT * ratio * additions(result) / dense_macs(result.network))
        own = result.energies[0].total(Clock.GATED)
        found += [
            Figure(f"{model}: operations only, the script's constants (fp32 at 45 nm, additions at 22 nm)", "%", script),
            Figure(f"{model}: operations only, fp32 at 22 nm", "%", _operations(result, FP32)),
            Figure(f"{model}: operations only, int8 at 22 nm", "%", _operations(result, INT8)),
        ]
        for arithmetic in (FP32, INT8):
            left = own.over(dense_twin(result, arithmetic).total(Clock.GATED)).times(PERCENT)
            found.append(Figure(f"{model}: all that is counted, {arithmetic.title} at 22 nm", "%", left))
    return tuple(found)


SPIKYSPACE = Claim(
    name="spikyspace",
    paper="SpikySpace: a spiking state space model for energy-efficient time series forecasting",
    source="arXiv 2601.02411, version 2, abstract; constants: `energy_cal.py` of the authors' code",
    published="96.1 % less: 3.9 % is left",
    statement="A spiking state space model takes over 96.1 % less energy than the leading spiking network for forecasting. The authors' script prices a"
    " multiply-accumulate (of layers that see no spikes, its own first one among them) at 4.6 pJ, which is fp32 at 45 nm, beside an addition at 0.054 pJ, which"
    " is 22 nm; movement and reads of weights by the bit.",
    ran="Neither of the two networks is here, so the claim itself cannot be tested. What can be is what such prices do: what shipped networks leave of their dense"
    " twin's energy, in percent, with the script's two constants on operations alone, with constants of one technology, and with all that our model counts,"
    " gated clock and leakage among them.",
    why="On operations alone, nearly any spiking network leaves a few percent of a float one: fp32 costs so much more than an addition. The script's mix of two"
    " technologies makes that about twice as good still. Against int8, which is what a dense network would use at the edge, operations alone save far"
    " less; and with memories, clock and movement, which are nearly all of it here, a spiking network saves far less than 96 %, or nothing. So a"
    " saving of that size says little until both sides are counted in full and in one technology.",
    settings=SETTINGS,
    measure=measure,
)
