"""Emission and injection against plain loops over golden activations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.compiler.lowering.events import core_events, steps_per_vector
from shiftfire.golden.execute import execute
from shiftfire.network.neurons.argmax import Argmax
from shiftfire.network.neurons.bspn import Bspn
from shiftfire.network.neurons.ptsoftmax import Ptsoftmax
from shiftfire.network.neurons.registry import Neuron
from shiftfire_spec.chip import load_chip
from shiftfire_spec.inject import INJECT_BEGIN, INJECT_EVENT, InjectOp
from shiftfire_spec.packet import PayloadKind, encode_payload
from support.injections import injection_words
from support.random_networks import RandomLimits, random_network

CHIP = replace(
    load_chip("edge"), name="small", lanes=8, fire_lanes=2, width=6, accumulator_groups=20, weight_rows=400, tags=256, slots=32
)


def walked(neuron: Neuron, channels: int) -> Iterator[tuple[int, bool]]:
    """First channel of every fire step of a position, and whether the step can emit: segment by segment, several passes over each."""
    sizes: dict[type, Any] = {Ptsoftmax: lambda n: n.entries, Bspn: lambda n: n.group}
    segment = sizes.get(type(neuron), lambda _: channels)(neuron)
    passes = {Ptsoftmax: 3, Bspn: 2}.get(type(neuron), 1)
    segment = min(-(-segment // CHIP.lanes) * CHIP.lanes, channels)
    for start in range(0, channels, segment):
        for turn in range(passes):
            for first in range(start, min(start + segment, channels), CHIP.fire_lanes):
                yield first, turn == passes - 1


def packets(kind: PayloadKind, value: int) -> list[int]:
    """Payloads that one value takes: one, or of POW2 the digits of its non-adjacent form, lowest first."""
    if kind is not PayloadKind.POW2:
        return [encode_payload(kind, value)]
    digits, exponent = [], 0
    while value:
        digit = 2 - value % 4 if value % 2 else 0
        if digit:
            digits.append(encode_payload(kind, digit * 2**exponent))
        value, exponent = (value - digit) // 2, exponent + 1
    return digits


@pytest.mark.parametrize("seed", range(40))
def test_events_of_every_step(seed: int) -> None:
    """Walk rows, columns, channel groups, sub-steps and lanes as docs/architecture.md section 3 says."""
    rng = np.random.default_rng(seed)
    network, inputs = random_network(rng, CHIP, RandomLimits(channels=20, extent=6))
    program = compile_network(network, CHIP)
    trace = execute(network, inputs)
    for emission in core_events(program, trace.activations):
        core, layer = emission.core, network.layer(emission.core.layer)
        stream = program.stream_of(core.tile)
        values = trace.activations[core.layer].reshape(-1, *layer.shape.as_tuple())
        starts, axons, payloads = [0], [], []
        for vector in values:
            for position in range(core.rows * core.columns):
                y, x = divmod(position, core.columns)
                walk = -(-core.channels // CHIP.fire_lanes) * CHIP.fire_lanes
                for first, emits in walked(layer.neuron, walk):
                    channels = range(first, min(first + CHIP.fire_lanes, core.channels))
                    if isinstance(layer.neuron, Argmax):
                        last = first == walk - CHIP.fire_lanes
                        channels = range(core.channels) if last else range(0)
                    for channel in channels if emits else range(0):
                        value = int(vector[core.channel_base + channel, core.row_base + y, x])
                        sent = packets(layer.payload_kind, value) if value else []
                        axons += [stream.axon_base + y * stream.stride_y + x * stream.stride_x + channel] * len(sent)
                        payloads += sent
                    starts.append(len(axons))
        assert emission.vectors == len(values) and emission.steps == steps_per_vector(program, core)
        assert emission.event_start.tolist() == starts
        assert emission.axon.tolist() == axons
        assert emission.payload.tolist() == payloads


@pytest.mark.parametrize("seed", range(10))
def test_injection(seed: int) -> None:
    """BEGIN and mask, non-zero elements in order of axon, END, for every vector; the bookkeeping points at the BEGINs."""
    rng = np.random.default_rng(seed)
    network, inputs = random_network(rng, CHIP, RandomLimits(layers=1, channels=10, extent=5))
    program = compile_network(network, CHIP)
    injection = injection_words(program, inputs)
    stream, source = program.input_streams[0], network.input
    words: list[int] = []
    vector_starts, sample_starts = [], []
    for sample in inputs:
        sample_starts.append(len(words))
        for vector in sample:
            vector_starts.append(len(words))
            words += [INJECT_BEGIN.pack(op=InjectOp.BEGIN, tag=stream.tag), stream.slot_mask]
            elements = sorted(
                (y * stream.stride_y + x * stream.stride_x + c, int(v)) for (c, y, x), v in np.ndenumerate(vector) if v
            )
            words += [
                INJECT_EVENT.pack(op=InjectOp.EVENT, axon=axon, payload=encode_payload(source.payload_kind, value))
                for axon, value in elements
            ]
            words.append(INJECT_EVENT.pack(op=InjectOp.END))
    assert injection.words.dtype == np.uint32 and injection.words.tolist() == words
    assert injection.sample_start.tolist() == [*sample_starts, len(words)]
    assert injection.vector_start.tolist() == [*vector_starts, len(words)]
