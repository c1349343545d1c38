"""``network.json``: neurons that need the chip's shift units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shiftfire_spec.shift_units import DenominatorRule, GroupScale, LevelRounding, UnitOutput

from .fields import Fields
from .graph import IntArray
from .leak_schema import decode_leak, encode_leak
from .shift_neurons import Bspn, Ptsoftmax, ShiftLif, ShiftNeuron, Table

SHIFT_KINDS = ("ptsoftmax", "bspn", "shiftlif", "table")
Take = Callable[[str], IntArray]


def encode_shift_neuron(layer: str, neuron: ShiftNeuron, tensors: dict[str, IntArray]) -> dict[str, Any]:
    """The neuron's JSON object; its tensors, but for the bias, go into ``tensors``."""
    if isinstance(neuron, Ptsoftmax):
        if neuron.counts is not None:
            tensors[f"{layer}/counts"] = neuron.counts
        output = neuron.output.name
        return {
            "kind": "ptsoftmax",
            "shift": int(neuron.shift),
            "entries": int(neuron.entries),
            "rule": neuron.rule.name,
            "output": output,
        }
    if isinstance(neuron, Bspn):
        tensors |= {f"{layer}/{name}": getattr(neuron, name) for name in ("shift", "negative", "beta")}
        if neuron.codes is not None:
            tensors[f"{layer}/codes"] = neuron.codes
        integers = {name: int(getattr(neuron, name)) for name in ("group", "guard", "requant_shift", "lo", "hi")}
        return {"kind": "bspn", "scale": neuron.scale.name, "output": neuron.output.name, **integers}
    if isinstance(neuron, ShiftLif):
        tensors[f"{layer}/theta_log2"] = neuron.theta_log2
        integers = {name: int(getattr(neuron, name)) for name in ("levels", "v_min", "v_max", "v_init")}
        return {"kind": "shiftlif", "rounding": neuron.rounding.name, "leak": encode_leak(neuron.leak), **integers}
    tensors[f"{layer}/values"] = neuron.values
    return {"kind": "table", "shift": int(neuron.shift)}


def decode_shift_neuron(kind: str, fields: Fields, bias: IntArray, take: Take) -> ShiftNeuron:
    """The neuron of a JSON object of one of ``SHIFT_KINDS``; ``take`` gives a tensor of the layer by its name."""
    if kind == "ptsoftmax":
        output = fields.member("output", {o.name: o for o in (UnitOutput.POWER, UnitOutput.TABLE)})
        return Ptsoftmax(
            bias=bias,
            shift=fields.integer("shift"),
            entries=fields.integer("entries"),
            rule=fields.member("rule", DenominatorRule.__members__),
            counts=take("counts") if output is UnitOutput.TABLE else None,
        )
    if kind == "bspn":
        output = fields.member("output", UnitOutput.__members__)
        return Bspn(
            bias=bias,
            shift=take("shift"),
            negative=take("negative"),
            beta=take("beta"),
            group=fields.integer("group"),
            scale=fields.member("scale", GroupScale.__members__),
            guard=fields.integer("guard"),
            output=output,
            codes=take("codes") if output is UnitOutput.TABLE else None,
            requant_shift=fields.integer("requant_shift"),
            lo=fields.integer("lo"),
            hi=fields.integer("hi"),
        )
    if kind == "shiftlif":
        return ShiftLif(
            theta_log2=take("theta_log2"),
            bias=bias,
            levels=fields.integer("levels"),
            rounding=fields.member("rounding", LevelRounding.__members__),
            leak=decode_leak(fields),
            v_min=fields.integer("v_min"),
            v_max=fields.integer("v_max"),
            v_init=fields.integer("v_init"),
        )
    return Table(bias=bias, shift=fields.integer("shift"), values=take("values"))
