"""Validity of a network: everything that can be said without a chip."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import cast

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.core_program import INSTRUCTION
from shiftfire_spec.fire import FIRE_SHAPE, MEMBRANE_OPS
from shiftfire_spec.packet import AXON_BITS, PayloadKind
from shiftfire_spec.stream import GROUP_CHANNELS, GROUP_ROWS

from .check_neuron import check_neuron
from .check_recurrence import check_delay, check_recurrence, check_source
from .check_synapses import check_synapses
from .check_values import check_integer, check_member, check_payload_range, word_limits
from .fields import shown
from .graph import Input, Layer, Network, Readout
from .inputs import input_owner
from .neurons.registry import names_of
from .profile import check_profile
from .recurrence import delayed_synapses
from .values import NetworkError, Shape

LABELS = "labels"  # what files of samples call theirs, beside the arrays of several inputs
NAME_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def check_network(network: Network) -> Network:
    """Return ``network`` when every later stage can rely on it; else raise NetworkError naming layer, value and remedy.

    Checked: names, topological order, shapes, synapse geometry, weight and parameter ranges, the timesteps rule, payload
    ranges, read-out. Not checked here: what depends on the chip (the compiler does). A network that was sealed is not checked again.
    """
    if network.sealed:
        return network
    check_name("network", network.name)
    if not _maps_texts(network.metadata):
        raise NetworkError(f"network {network.name}: metadata must map text to text")
    check_profile(f"network {network.name}", network.profile)
    for source in network.inputs:
        _check_input(source)
    if network.stored or any(source.pieces for source in network.inputs):
        raise NetworkError(f"network {network.name} is a round of another one, with stored layers; compile that one instead")
    if not network.layers:
        raise NetworkError(f"network {network.name} has no layers; give at least one")
    known: dict[str, Layer | Input] = {}
    for source in network.inputs:
        if source.name in known or (network.feeds and source.name == LABELS):
            raise NetworkError(
                f"input {source.name}: the name is taken; names of inputs must differ, and none of several is called {LABELS}"
            )
        known[source.name] = source
    for layer in network.layers:
        check_name("layer", layer.name)
        if layer.name in known:
            raise NetworkError(f"layer {layer.name}: the name is taken; names of layers and input must differ")
        _check_layer(layer, known, network)
        known[layer.name] = layer
    for layer in network.layers:
        for synapses in delayed_synapses(layer):
            check_synapses(layer, synapses, known[synapses.source])
        _check_steps_rule(layer, {name: known[name].timesteps for s in layer.synapses for name in s.sources})
    _check_output(network)
    check_recurrence(network)
    return network


def seal_network(network: Network) -> Network:
    """Return ``network``, checked, with all its arrays made read-only: it stays valid. For networks whose arrays belong to nobody else. Raises as `check_network`."""
    check_network(network)
    for layer in network.layers:
        for part in (layer.kind, *layer.synapses):
            for entry in fields(part):
                value = getattr(part, entry.name)
                if isinstance(value, np.ndarray):
                    cast("NDArray[np.generic]", value).setflags(write=False)
    object.__setattr__(network, "sealed", True)
    return network


def _maps_texts(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return all(isinstance(text, str) for pair in cast("dict[object, object]", value).items() for text in pair)


def check_name(what: str, name: object) -> None:
    """Raise NetworkError unless ``name`` may be that of ``what``: a network, its input, a layer."""
    if not isinstance(name, str) or not NAME_PATTERN.fullmatch(name):
        raise NetworkError(f"{what} name {shown(str(name))} is not a word of up to 64 letters, digits, '_', '-' and '.'; rename it")


def _check_shape(owner: str, shape: Shape) -> None:
    check_integer(owner, "channels", shape.channels, 1, GROUP_CHANNELS.field("count").maximum)
    check_integer(owner, "height", shape.height, 1, GROUP_ROWS.field("first").maximum)
    check_integer(owner, "width", shape.width, 1, FIRE_SHAPE.field("width").maximum)
    if shape.size > 1 << AXON_BITS:
        raise NetworkError(f"{owner}: {shape.size} elements; a vector has at most {1 << AXON_BITS}: make the layer smaller")


def _check_timesteps(owner: str, timesteps: int) -> None:
    check_integer(owner, "timesteps", timesteps, 1, INSTRUCTION.field("count").maximum)


def _check_input(source: Input) -> None:
    check_name("input", source.name)
    owner = input_owner(source.name)
    _check_shape(owner, source.shape)
    _check_timesteps(owner, source.timesteps)
    check_member(owner, "payload_kind", source.payload_kind, PayloadKind)
    check_payload_range(owner, source.payload_kind, source.lo, source.hi)


def _check_layer(layer: Layer, known: dict[str, Layer | Input], network: Network) -> None:
    owner = f"layer {layer.name}"
    _check_shape(owner, layer.shape)
    _check_timesteps(owner, layer.timesteps)
    if not layer.synapses:
        raise NetworkError(f"{owner} has no synapses; give at least one")
    for synapses in layer.synapses:
        check_delay(f"{owner}, synapses from {synapses.source}", synapses)
        for name in synapses.sources:
            check_source(layer, synapses, name, known, network)
        if not synapses.delay:
            check_synapses(layer, synapses, known[synapses.source], None if synapses.rows is None else known[synapses.rows])
    _check_shared(owner, layer)
    if len({s.heads for s in layer.synapses if s.dynamic}) > 1:
        raise NetworkError(f"{owner}: its synapses have different numbers of heads; give them the same")
    check_neuron(layer)


def _check_shared(owner: str, layer: Layer) -> None:
    """Synapses may share a source: each event is then taken by all of them, as it comes."""
    for name in dict.fromkeys(name for s in layer.synapses for name in s.sources):
        sharing = [s for s in layer.synapses if name in s.sources]
        twice = len(sharing) > 1 or len(set(sharing[0].sources)) < len(sharing[0].sources)
        if twice and any(s.dynamic for s in sharing):
            raise NetworkError(
                f"{owner} names a source twice ({name}), once for weights that another layer sends; such a source must be the synapse's own:"
                " put a layer between that hands the vectors on"
            )


def _check_steps_rule(layer: Layer, source_steps: dict[str, int]) -> None:
    owner = f"layer {layer.name}"
    if len(set(source_steps.values())) > 1:
        raise NetworkError(f"{owner}: its sources send different numbers of vectors ({source_steps}); give them equal timesteps")
    steps = next(iter(source_steps.values()))
    if layer.timesteps in (1, steps):
        return
    if steps != 1:
        raise NetworkError(
            f"{owner}: timesteps = {layer.timesteps}, its sources send {steps}; use {steps} (every step), or 1 (sum, fire once)"
        )
    if layer.kind.membrane is None:
        driven = names_of(lambda kind: kind.op in MEMBRANE_OPS, " and ")
        raise NetworkError(
            f"{owner}: timesteps = {layer.timesteps} with sources of one vector is a constant drive, for {driven} only; use 1"
        )


def _check_output(network: Network) -> None:
    output = network.layer(network.output)
    for name in network.more_outputs:
        network.layer(name)
    if len(set(network.outputs)) != len(network.outputs):
        raise NetworkError(f"network {network.name} names an output twice ({', '.join(network.outputs)}); name each once")
    read = {name for layer in network.layers for synapses in layer.synapses for name in synapses.sources}
    for name in (*(source.name for source in network.inputs), *(layer.name for layer in network.layers)):
        if name not in read and name not in network.outputs:
            raise NetworkError(f"{name} of network {network.name} is read by no layer and is not an output; remove it")
    check_member(f"network {network.name}", "readout", network.readout, Readout)
    if network.readout is Readout.EVENT and (not output.kind.one_event or output.timesteps != 1):
        telling = names_of(lambda kind: kind.one_event, " or ")
        raise NetworkError(f"network {network.name}: readout 'event' needs an {telling} output layer with timesteps 1; use 'sum'")
    by_channel = network.readout not in (Readout.EVENT, Readout.NONE)
    if by_channel and (output.shape.height, output.shape.width) != (1, 1):
        raise NetworkError(
            f"network {network.name}: readout '{network.readout}' needs an output of shape (channels, 1, 1), not {output.shape.as_tuple()}"
        )
    if network.readout is Readout.VALUE:
        _check_value(network, output)
    if output.kind.wide and network.readout in (Readout.SUM, Readout.VALUE):
        _check_wide_sum(network.name, output)


def _check_value(network: Network, output: Layer) -> None:
    if output.shape.channels != 1:
        raise NetworkError(
            f"network {network.name}: readout 'value' needs one output, not {output.shape.channels} channels; use 'sum' for classes"
        )
    _check_step(network.name, network.value_step)


def _check_step(name: str, step: object) -> None:
    if isinstance(step, bool) or not isinstance(step, int | float) or not 0 < step < float("inf"):
        raise NetworkError(f"network {name}: value_step = {step!r} is not a positive number")


def _check_wide_sum(name: str, output: Layer) -> None:
    """Hosts sum in words of 32 bits."""
    low, high = (value * output.timesteps for value in output.value_limits)
    least, most = word_limits()
    if low < least or high > most:
        raise NetworkError(
            f"network {name}: the sum of layer {output.name} reaches {low}..{high} over {output.timesteps} timesteps, sums hold"
            f" {least}..{most}; narrow its limits (v_min and v_max, lo and hi), or use readout 'max' or 'last'"
        )
