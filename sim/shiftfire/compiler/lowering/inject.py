"""Injection program: a run's inputs as the words that the I/O tile's DMA plays."""

from __future__ import annotations

from collections.abc import Mapping
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
class Times:
    """``due`` (packets,): run cycle in which each packet may go at the earliest, in order of injection, ENDs with them. ``sample_start`` (samples + 1,) in these.

    ``waits``: where in the program waits are, of two words each.
    """

    due: IntArray
    sample_start: IntArray
    waits: IntArray


@dataclass(frozen=True, eq=False)
class Injection:
    """``words`` (uint32) for ``samples`` samples; sample i is ``words[sample_start[i] : sample_start[i + 1]]``.

    ``vector_start`` (vectors + 1,) likewise for vectors, in order of injection. ``times``: of inputs in real time, when each packet may go.
    """

    words: Words
    sample_start: IntArray
    vector_start: IntArray
    times: Times | None = None

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which words are none of a wait."""
        kept = np.ones(len(self.words), np.bool_)
        if self.times is not None:
            kept[self.times.waits] = kept[self.times.waits + 1] = False
        return kept

    @property
    def samples(self) -> int:
        return len(self.sample_start) - 1


def injection(program: Program, samples: int, values: Mapping[str, IntArray], places: Mapping[str, IntArray]) -> Injection:
    """Injection program of a round: inputs in ``values`` (samples, timesteps, channels, height, width) word by word, the others played.

    ``places`` (vectors, parts): memory addresses of what is played of each vector, in order of injection.
    """
    parts = []
    for source, stream in zip(program.network.inputs, program.input_streams, strict=True):
        if source.name in values:
            parts.append(_inline(source, stream, values[source.name]))
        else:
            parts.append(_played(stream, places[source.name]))
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


def timed_injection(program: Program, values: IntArray, due: IntArray, end_due: IntArray) -> Injection:
    """Injection program of the one input of a program, in real time.

    ``values`` (samples, timesteps, channels, height, width), ``due`` of the same shape: run cycle in which a value may be sent at the earliest; ``end_due``
    (samples, timesteps): likewise the END of a vector. Cycles grow along the axis of time. A packet that must wait has a wait before it, for the cycle before its own.
    """
    source, stream = program.network.input, program.input_streams[0]
    samples, steps = values.shape[:2]
    vectors = samples * steps
    elements, cycles = (array.reshape(vectors, *array.shape[2:]).transpose(0, 2, 3, 1) for array in (values, due))
    vector, events = _event_words(source, stream, elements)
    cycle = cycles[elements != 0]
    order = np.lexsort((cycle, vector))
    number = np.bincount(vector, minlength=vectors)
    ends = np.cumsum(number + 1) - 1
    packets, times = np.empty(len(events) + vectors, np.uint32), np.empty(len(events) + vectors, np.int64)
    place = np.arange(len(events)) + vector
    packets[place], times[place] = events[order], cycle[order]
    packets[ends], times[ends] = INJECT_EVENT.pack(op=InjectOp.END), end_due.ravel()
    waits, opens = np.diff(times, prepend=0) > 0, np.zeros(len(packets), np.bool_)
    opens[ends - number] = True
    size = 1 + 2 * waits + 2 * opens
    after = np.cumsum(size)
    words = np.empty(after[-1], np.uint32)
    words[after - 1] = packets
    begins, wait_places = (after - size)[opens], after[waits] - 3
    words[begins], words[begins + 1] = INJECT_BEGIN.pack(op=InjectOp.BEGIN, tag=stream.tag), stream.slot_mask
    words[wait_places], words[wait_places + 1] = INJECT_PLAY.pack(op=InjectOp.PLAY, wait=1), times[waits] - 1
    start = np.append(begins, len(words))
    return Injection(words, start[::steps], start, Times(times, np.append(0, ends + 1)[::steps], wait_places))


def _inline(source: Input, stream: Stream, values: IntArray) -> tuple[Words, IntArray]:
    """Words of every vector of an input, and where each starts (vectors + 1,)."""
    samples, steps = values.shape[:2]
    vectors = samples * steps
    vector, packets = _event_words(source, stream, values.reshape(vectors, *values.shape[2:]).transpose(0, 2, 3, 1))
    events = np.bincount(vector, minlength=vectors)
    start = np.concatenate(([0], np.cumsum(events + 3)))
    words = np.empty(start[-1], dtype=np.uint32)
    words[start[:-1]] = INJECT_BEGIN.pack(op=InjectOp.BEGIN, tag=stream.tag)
    words[start[:-1] + 1] = stream.slot_mask
    words[start[1:] - 1] = INJECT_EVENT.pack(op=InjectOp.END)
    words[np.arange(len(vector)) + 3 * vector + 2] = packets
    return words, start


def _event_words(source: Input, stream: Stream, elements: IntArray) -> tuple[IntArray, Words]:
    """EVENT words of the values that are not zero, in the order of ``elements`` (vectors, height, width, channels), and the vector of each."""
    vector, y, x, channel = np.nonzero(elements)
    axon = stream.axon_base + y * stream.stride_y + x * stream.stride_x + channel
    payload = encode_payloads(source.payload_kind, elements[vector, y, x, channel])
    return vector, pack_array(INJECT_EVENT, op=InjectOp.EVENT, axon=axon, payload=payload)


def _played(stream: Stream, places: IntArray) -> tuple[Words, IntArray]:
    """As `_inline` of a stored input: the parts of each vector one after the other, when the slots have opened."""
    vectors, parts = places.shape
    words = np.empty((vectors, 2 + 2 * parts), np.uint32)
    words[:, 0] = INJECT_BEGIN.pack(op=InjectOp.BEGIN, tag=stream.tag)
    words[:, 1] = stream.slot_mask
    words[:, 2::2] = INJECT_PLAY.pack(op=InjectOp.PLAY, more=1)
    words[:, -2] = INJECT_PLAY.pack(op=InjectOp.PLAY)
    words[:, 3::2] = places
    return words.ravel(), np.arange(vectors + 1, dtype=np.int64) * words.shape[1]
