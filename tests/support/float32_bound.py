"""How far float32 sums in any order can lie from the interpreter's membranes: Higham's bound, carried from step to step.

A sum of K products is off by at most gamma(K) = K u / (1 - K u) of the sum of their magnitudes, u = 2^-24 (N. Higham, Accuracy and
Stability of Numerical Algorithms, 2002, section 4.2, whatever the order). A membrane keeps what the step before was off by, times
its decay, and adds a few roundings of its own.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from shiftfire.frontends.float_graph.coefficients import coefficients
from shiftfire.frontends.float_graph.graph import Graph
from shiftfire.frontends.float_graph.interpret import Trace
from shiftfire.frontends.float_graph.neurons import FloatArray, Neuron, Spiking
from shiftfire.frontends.float_graph.nodes import Conv, Delay, Flatten, Input, Linear, Output, Pool, Scale, Stateless, Threshold
from shiftfire.frontends.float_graph.profile import Profile
from shiftfire.frontends.float_graph.stateless import apply
from shiftfire.frontends.float_graph.step import Stepper

U = 2.0**-24
STEP_ROUNDINGS = 8  # of one step: decay and gain as the framework rounds them, two products, two sums, a reset


def compared(graph: Graph, profile: Profile, trace: Trace, name: str) -> FloatArray:
    """(samples, steps, *shape) the membranes that were compared with the threshold."""
    held, node = trace.membranes[name], graph.nodes[name]
    assert isinstance(node, Spiking)
    if profile.reset_time != "same":
        return held
    if profile.reset == "soft":
        assert profile.floor == "none", "what a floor took is not in the trace"
        return held + trace.outputs[name] * node.v_threshold
    stepper = Stepper.of(replace(node, v_threshold=np.full(node.v_threshold.shape, np.inf)), profile)
    entering = _entering(graph, trace.outputs, name)
    found = np.zeros(held.shape)
    for step in range(held.shape[1]):
        state = stepper.start(len(held))
        if step:
            state.v, state.spikes = held[:, step - 1], trace.outputs[name][:, step - 1]
            state.i = trace.currents[name][:, step - 1] if name in trace.currents else None
        stepper.step(state, entering[:, step])
        found[:, step] = state.v
    return found


def bounds(graph: Graph, profile: Profile, trace: Trace, name: str) -> FloatArray:
    """(samples, steps, *shape) how far a framework's `compared` may lie from the interpreter's while all spikes so far are equal."""
    node = graph.nodes[name]
    assert isinstance(node, Spiking)
    k, v = coefficients(node, profile), trace.membranes[name]
    magnitude, terms = _magnitudes(graph, trace)
    arriving = _entering(graph, magnitude, name)
    count = sum(terms[edge.source] for edge in graph.into(name)) + 2
    gamma = count * U / (1 - count * U)
    off, off_current = np.zeros(v[:, 0].shape), np.zeros(v[:, 0].shape)
    found = np.zeros(v.shape)
    threshold, hard = np.abs(node.v_threshold), profile.reset == "hard" and profile.reset_time == "same"
    for step in range(v.shape[1]):
        drive, drive_off = arriving[:, step], gamma * arriving[:, step]
        before = np.abs(v[:, step - 1]) if step else np.zeros(v[:, 0].shape)
        if k.current_decay is not None and k.current_gain is not None:
            i = trace.currents[name]
            largest = np.maximum(np.abs(i[:, step]), np.abs(i[:, step - 1]) if step else 0.0)
            own = STEP_ROUNDINGS * U * (largest + np.maximum(np.abs(k.current_gain), 1) * drive)
            previous, off_current = off_current, np.abs(k.current_decay) * off_current + np.abs(k.current_gain) * drive_off + own
            drive, drive_off = largest, np.maximum(previous, off_current)
        own = STEP_ROUNDINGS * U * (before + np.maximum(np.abs(k.gain), 1) * drive + threshold + np.abs(k.rest))
        found[:, step] = np.abs(k.decay) * off + np.abs(k.gain) * drive_off + own
        spikes = trace.outputs[name][:, step]
        off = found[:, step] + STEP_ROUNDINGS * U * spikes * threshold
        off = np.where(spikes > 0, U * np.abs(node.v_reset), off) if hard else off
    return found


def _magnitudes(graph: Graph, trace: Trace) -> tuple[dict[str, FloatArray], dict[str, int]]:
    """Of every node: the sum of the magnitudes that make its output, and of how many terms. Inputs and neurons' outputs are exact."""
    magnitude: dict[str, FloatArray] = {}
    terms: dict[str, int] = {}
    for name, node in graph.nodes.items():
        assert not isinstance(node, Delay | Threshold), "not in these networks"
        if isinstance(node, Input | Neuron):
            magnitude[name], terms[name] = np.abs(trace.outputs[name]), 0
            continue
        assert not any(edge.feedback for edge in graph.into(name)), "loops are closed at neurons"
        arriving = _entering(graph, magnitude, name)
        before = sum(terms[edge.source] for edge in graph.into(name))
        if isinstance(node, Output):
            magnitude[name], terms[name] = arriving, before
            continue
        flat = apply(_absolute(node), arriving.reshape(-1, *arriving.shape[2:]))
        magnitude[name] = flat.reshape(*arriving.shape[:2], *flat.shape[1:])
        terms[name] = before + _terms(node)
    return magnitude, terms


def _absolute(node: Stateless) -> Stateless:
    match node:
        case Linear():
            return Linear(np.abs(node.weight), None if node.bias is None else np.abs(node.bias))
        case Conv():
            return replace(node, weight=np.abs(node.weight), bias=np.abs(node.bias))
        case Scale():
            return Scale(np.abs(node.scale))
        case _:
            return node


def _terms(node: Stateless) -> int:
    """Products and sums of one output: roundings that a term can meet."""
    match node:
        case Linear():
            return node.weight.shape[-1] + 1
        case Conv():
            return int(np.prod(node.weight.shape[1:])) + 1
        case Pool():
            return node.kernel[0] * node.kernel[1] + 1
        case Flatten():
            return 0
        case _:
            return 1


def _entering(graph: Graph, values: dict[str, FloatArray] | object, name: str) -> FloatArray:
    """What enters a node, over time; feedback a step later, and in the first step what a node puts out for silence."""
    total: FloatArray | None = None
    for edge in graph.into(name):
        sent = values[edge.source]  # type: ignore[index]
        if edge.feedback:
            sent = np.concatenate([_silent(graph, edge.source, sent), sent[:, :-1]], axis=1)
        total = sent if total is None else total + sent
    assert total is not None
    return total


def _silent(graph: Graph, name: str, sent: FloatArray) -> FloatArray:
    node = graph.nodes[name]
    if isinstance(node, Neuron):
        return np.zeros(sent[:, :1].shape)
    assert isinstance(node, Linear)
    quiet = np.zeros(sent[:, :1].shape)
    return quiet if node.bias is None else quiet + np.abs(node.bias) * (1 if sent.min() >= 0 else np.sign(node.bias))
