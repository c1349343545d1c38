"""Injection program: a run's inputs as the words that the I/O tile's DMA plays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.inject import INJECT_BEGIN, INJECT_EVENT, INJECT_PLAY, InjectOp

from ...network.graph import Input
from ...network.values import IntArray
from ..program import Program, Stream
from .encode import encode_payloads, pack_array

Words = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class Injection:
    """``words`` (uint32) for ``samples`` samples; sample i is ``words[sample_start[i] : sample_start[i + 1]]``.

    ``vector_start`` (vectors + 1,) likewise for vectors, in order of injection.
    """

    words: Words
    sample_start: IntArray
    vector_start: IntArray

    @property
    def samples(self) -> int:
        return len(self.sample_start) - 1


def injection(program: Program, samples: int, values: Mapping[str, IntArray], regions: Mapping[str, Sequence[int]]) -> Injection:
    """Injection program of a round: inputs in ``values`` (samples, timesteps, channels, height, width) word by word, those in ``regions`` played from there."""
    parts = []
    for source, stream in zip(program.network.inputs, program.input_streams, strict=True):
        if source.name in values:
            parts.append(_inline(source, stream, values[source.name]))
        else:
            parts.append(_played(source, stream, regions[source.name], samples))
    if len(parts) == 1:
        words, start = parts[0]
        return Injection(words, start[:: len(program.order)], start)
    steps = [0] * len(parts)
    chosen: list[Words] = []
    for sample in range(samples):
        for number in program.order:
            words, start = parts[number]
            vector = sample * program.network.inputs[number].timesteps + steps[number]
            chosen.append(words[start[vector] : start[vector + 1]])
            steps[number] = (steps[number] + 1) % program.network.inputs[number].timesteps
    start = np.concatenate(([0], np.cumsum([len(words) for words in chosen]))).astype(np.int64)
    return Injection(np.concatenate(chosen), start[:: len(program.order)], start)


def _inline(source: Input, stream: Stream, values: IntArray) -> tuple[Words, IntArray]:
    """Words of every vector of an input, and where each starts (vectors + 1,)."""
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
    return words, start


def _played(source: Input, stream: Stream, regions: Sequence[int], samples: int) -> tuple[Words, IntArray]:
    """As `_inline` of a stored input: every region's part of a vector in turn, the first when the slots have opened."""
    begin = INJECT_BEGIN.pack(op=InjectOp.BEGIN, tag=stream.tag)
    words = [
        word
        for number, region in enumerate(regions)
        for word in (begin, 0 if number else stream.slot_mask, INJECT_PLAY.pack(op=InjectOp.PLAY, region=region))
    ]
    vectors = samples * source.timesteps
    return np.tile(np.array(words, np.uint32), vectors), np.arange(vectors + 1, dtype=np.int64) * len(words)
