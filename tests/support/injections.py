"""Injection programs of networks with one input, without golden."""

from __future__ import annotations

from shiftfire.compiler.lowering.inject import Injection, injection
from shiftfire.compiler.program import Program
from shiftfire.network.inputs import expand_inputs
from shiftfire.network.values import IntArray


def injection_words(program: Program, inputs: IntArray) -> Injection:
    """Injection program of ``inputs`` as golden takes them, every vector word by word."""
    values = expand_inputs(program.network.input, inputs)
    return injection(program, len(values), {program.network.input.name: values}, {})
