"""Neurons of snnTorch (version 1.0.0): Leaky and Synaptic, whose spike is ``mem > threshold`` and whose reset comes in the next step.

``mem' = beta mem + x - reset threshold`` (Synaptic: ``syn' = alpha syn + x`` enters); without a reset the membrane is a read-out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch

from ..float_graph.graph import Shape
from ..float_graph.neurons import IF, LI, LIF, CubaLI, CubaLIF, FloatArray, I, Neuron
from .reading import Layer, Reading, Rule
from .values import Held, Value

FRAMEWORK = "snntorch-native"
SOFT: tuple[tuple[str, Any], ...] = (("reset", "soft"), ("reset_time", "next-after-leak"))
HARD: tuple[tuple[str, Any], ...] = (("reset", "hard"), ("reset_time", "next"))
AT_ONCE: tuple[tuple[str, Any], ...] = (("reset", "hard"), ("reset_time", "same"))


def _rule(reading: Reading, module: Any) -> Rule:
    """How it resets. Raises TorchError for what no profile has."""
    for key, plain in (("inhibition", False), ("state_quant", False)):
        if getattr(module, key, plain):
            raise reading.error(f"{key} is not known here; leave it out")
    if float(torch.as_tensor(module.graded_spikes_factor)) != 1:
        raise reading.error("graded_spikes_factor is not 1; put the factor into the next layer's weights")
    mechanism, delayed = module.reset_mechanism, getattr(module, "reset_delay", True)
    if mechanism == "none":
        return Rule(FRAMEWORK)
    if mechanism == "subtract" and delayed:
        return Rule(FRAMEWORK, SOFT)
    if mechanism == "zero" and type(module).__name__ == "Leaky":
        return Rule(FRAMEWORK, HARD if delayed else AT_ONCE)
    raise reading.error(
        f"reset_mechanism {mechanism!r} with reset_delay={delayed} is not known for this class: use 'subtract' with reset_delay=True, or Leaky with 'zero'"
    )


def _tau(reading: Reading, value: Value, decay: Any, what: str) -> FloatArray:
    """Time constants in steps of decays, which are held to 0..1 as the neuron does. Raises TorchError for 1, where something leaks."""
    kept = np.clip(reading.spread(value, decay, what), 0.0, 1.0)
    if (kept == 1).any():
        raise reading.error(
            f"{what} is 1 for some neurons, which then never leak; give all of a layer 1 and take no current, or less than 1"
        )
    return 1 / (1 - kept)


def _leaky(reading: Reading, module: Any, value: Value, shape: Shape, spikes: bool) -> Neuron:
    threshold, zero = reading.spread(value, module.threshold, "threshold"), np.broadcast_to(0.0, shape)
    if bool((torch.as_tensor(module.beta) >= 1).all()):
        one = np.broadcast_to(1.0, shape)
        return IF(one, threshold, zero) if spikes else I(one)
    tau = _tau(reading, value, module.beta, "beta")
    return LIF(tau, tau, zero, threshold, zero) if spikes else LI(tau, tau, zero)


def _synaptic(reading: Reading, module: Any, value: Value, shape: Shape, spikes: bool) -> Neuron:
    threshold, zero = reading.spread(value, module.threshold, "threshold"), np.broadcast_to(0.0, shape)
    tau, tau_syn = _tau(reading, value, module.beta, "beta"), _tau(reading, value, module.alpha, "alpha")
    return CubaLIF(tau_syn, tau, tau, zero, threshold, zero, tau_syn) if spikes else CubaLI(tau_syn, tau, tau, zero, tau_syn)


def _node(make: Callable[[Reading, Any, Value, Shape, bool], Neuron], states: int) -> Layer:
    """``states``: how many the neuron takes behind its input, and returns behind its spikes; the last is the membrane."""

    def node(reading: Reading, module: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        spikes = module.reset_mechanism != "none"
        given = kwargs.get("input_", args[0] if args else None)
        for state in (*args[1:], *kwargs.values()):
            if state is not given:
                _check_state(reading, state)
        value = reading.neuron(
            given,
            type(module).__name__,
            _rule(reading, module),
            lambda v, shape: make(reading, module, v, shape, spikes),
            many=False,
        )
        step = reading.called[reading.path].steps - 1
        why = "which its reset makes no output of the fabric; take its spikes, or reset_mechanism='none' for a read-out"
        syn = Held(reading.path, step, None, "a current; take its spikes")
        mem = Held(reading.path, step, None if spikes else value, why)
        fired: Any = (
            value
            if spikes
            else Held(reading.path, step, None, "whose reset_mechanism is 'none': take its membrane as the read-out")
        )
        hidden = module.init_hidden and not module.output
        return fired if hidden else (fired, *(syn,) * (states - 1), mem)

    return node


def _check_state(reading: Reading, state: Any) -> None:
    """Raises TorchError unless a state that is handed in is the one of the step before, or 0."""
    known = reading.called.get(reading.path)
    if isinstance(state, Held) and state.path == reading.path and known is not None and state.step == known.steps - 1:
        return
    if state is None or (known is None and isinstance(state, torch.Tensor) and not bool(torch.any(state))):
        return
    raise reading.error(
        "its state is not the one of its step before, or does not start at 0; hand over what it returned, and start from reset_mem()"
    )


SNNTORCH: dict[tuple[str, str], Layer] = {
    ("snntorch", "Leaky"): _node(_leaky, 1),
    ("snntorch", "Synaptic"): _node(_synaptic, 2),
}
