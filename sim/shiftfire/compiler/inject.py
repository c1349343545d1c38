"""Injection program: the samples as the words that the I/O tile's DMA plays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.inject import INJECT_BEGIN, INJECT_EVENT, InjectOp

from ..network.graph import IntArray
from ..network.inputs import expand_inputs
from .encode import encode_payloads, pack_array
from .program import Program


@dataclass(frozen=True, eq=False)
class Injection:
    """``words`` (uint32) for ``samples`` samples; sample i is ``words[sample_start[i] : sample_start[i + 1]]``.

    ``vector_start`` (vectors + 1,) likewise for vectors, in order of sample, then timestep.
    """

    words: NDArray[np.uint32]
    sample_start: IntArray
    vector_start: IntArray

    @property
    def samples(self) -> int:
        return len(self.sample_start) - 1


def injection_words(program: Program, inputs: IntArray) -> Injection:
    """Injection program of ``inputs``: per vector BEGIN, slot mask, the non-zero elements in order of axon, END.

    ``inputs`` is an integer array (samples, channels, height, width), repeated over the input's timesteps, or
    (samples, timesteps, channels, height, width). Raises NetworkError when it does not fit the network's input.
    """
    source, stream = program.network.input, program.input_stream
    values = expand_inputs(source, inputs)
    samples, steps = values.shape[:2]
    vectors = samples * steps
    ordered = values.reshape(vectors, *values.shape[2:]).transpose(0, 2, 3, 1)
    vector, y, x, channel = np.nonzero(ordered)
    axon = stream.axon_base + y * stream.stride_y + x * stream.stride_x + channel
    payload = encode_payloads(source.payload_kind, ordered[vector, y, x, channel])
    events = np.bincount(vector, minlength=vectors)
    start = np.concatenate(([0], np.cumsum(events + 3)))
    words = np.empty(start[-1], dtype=np.uint32)
    words[start[:-1]] = INJECT_BEGIN.pack(op=InjectOp.BEGIN, tag=stream.tag)
    words[start[:-1] + 1] = stream.slot_mask
    words[start[1:] - 1] = INJECT_EVENT.pack(op=InjectOp.END)
    words[np.arange(len(vector)) + 3 * vector + 2] = pack_array(INJECT_EVENT, op=InjectOp.EVENT, axon=axon, payload=payload)
    return Injection(words, start[::steps], start)
