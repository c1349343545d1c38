"""Neurons of SpikingJelly: ``spikingjelly.activation_based.neuron`` (version 2.0.0), whose spike is ``v >= v_threshold``.

``v' = v + (x - (v - v_reset)) / tau``, or without decay_input ``v' = v - (v - v_reset) / tau + x``; v_reset None is a soft reset, towards 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from ..float_graph.graph import Shape
from ..float_graph.neurons import IF, LIF, Neuron
from .reading import Layer, Reading, Rule
from .values import Value


def _rule(module: Any) -> Rule:
    return Rule("spikingjelly", (("reset", "soft" if module.v_reset is None else "hard"),))


def _parameters(module: Any, shape: Shape) -> dict[str, Any]:
    reset = 0.0 if module.v_reset is None else float(module.v_reset)
    return {"v_threshold": np.broadcast_to(float(module.v_threshold), shape), "v_reset": np.broadcast_to(reset, shape)}


def _integrator(reading: Reading, module: Any, shape: Shape) -> Neuron:
    return IF(r=np.broadcast_to(1.0, shape), **_parameters(module, shape))


def _leaky(reading: Reading, module: Any, shape: Shape) -> Neuron:
    return _lif(module, shape, float(module.tau))


def _parametric(reading: Reading, module: Any, shape: Shape) -> Neuron:
    return _lif(module, shape, 1 / float(torch.sigmoid(module.w.detach().double())))


def _lif(module: Any, shape: Shape, tau: float) -> Neuron:
    own = _parameters(module, shape)
    r = 1.0 if module.decay_input else tau
    return LIF(np.broadcast_to(tau, shape), np.broadcast_to(r, shape), own["v_reset"], own["v_threshold"], own["v_reset"])


def _node(make: Callable[[Reading, Any, Shape], Neuron]) -> Layer:
    def node(reading: Reading, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        def made(value: Value, shape: Shape) -> Neuron:
            return make(reading, module, shape)

        return reading.neuron(args[0], type(module).__name__, _rule(module), made, many=module.step_mode == "m")

    return node


SPIKINGJELLY: dict[tuple[str, str], Layer] = {
    ("spikingjelly", "IFNode"): _node(_integrator),
    ("spikingjelly", "LIFNode"): _node(_leaky),
    ("spikingjelly", "ParametricLIFNode"): _node(_parametric),
}
