"""Validity of delays and of the loops that they close."""

from __future__ import annotations

from collections.abc import Mapping

from shiftfire_spec.stream import GROUP_AHEAD

from .check_values import check_integer
from .fields import shown
from .graph import Input, Layer, Network
from .recurrence import components, delayed_synapses, feeds_back
from .synapses import Synapses
from .values import NetworkError

MOST_DELAY = GROUP_AHEAD.field("steps").maximum  # steps


def check_delay(owner: str, synapses: Synapses) -> None:
    """Raise NetworkError unless the synapses' delay is one that there is."""
    check_integer(owner, "delay", synapses.delay, 0, MOST_DELAY)


def check_source(layer: Layer, synapses: Synapses, name: str, known: Mapping[str, Layer | Input], network: Network) -> None:
    """Raise NetworkError unless the layer can take the vectors of ``name``: of a layer or input in ``known`` (those before it), with a delay also of itself and of later ones."""
    owner = f"layer {layer.name}"
    if name in known:
        return
    if name not in {str(other.name) for other in network.layers}:
        raise NetworkError(
            f"{owner}: source {shown(str(name))} is not the input or an earlier layer ({', '.join(known)}); name one of them"
        )
    if synapses.delay:
        return
    if name == layer.name:
        raise NetworkError(f"{owner} is a source of its own without delay; give the synapse delay = 1: it takes the step before")
    loop = _loop_through(network, layer.name, name)
    if loop:
        raise NetworkError(f"layers {', '.join(loop)} form a loop without delay; give one of its synapses delay = 1")
    raise NetworkError(
        f"{owner}: source {shown(str(name))} is a later layer; order the layers, each after its sources without delay, or give the synapse delay = 1"
    )


def _loop_through(network: Network, reader: str, source: str) -> list[str]:
    """Names of a loop without delays in which ``reader`` takes the vectors of ``source``; none: empty."""
    sources = {layer.name: [n for s in layer.synapses if not s.delay for n in s.sources] for layer in network.layers}
    came: dict[str, str] = {source: reader}
    waiting = [source]
    while waiting:
        name = waiting.pop()
        for found in sources.get(name, ()):
            if found == reader:
                loop = [name]
                while loop[-1] != source:
                    loop.append(came[loop[-1]])
                return [reader, *loop[::-1]]
            if found not in came:
                came[found] = name
                waiting.append(found)
    return []


def check_recurrence(network: Network) -> None:
    """Raise NetworkError unless delays are between equal timesteps, loops stay within steps, and everything leads to what is collected."""
    for layer in network.layers:
        for synapses in delayed_synapses(layer):
            source = network.source(synapses.source)
            if layer.timesteps != source.timesteps or layer.timesteps == 1:
                raise NetworkError(
                    f"layer {layer.name}: it takes {synapses.source} with a delay, so both need the same timesteps, more than 1; they have"
                    f" {layer.timesteps} and {source.timesteps}"
                )
    for layers in components(network):
        steps = {layer.name: layer.timesteps for layer in layers}
        if feeds_back(layers) and len(set(steps.values())) > 1:
            raise NetworkError(
                f"layers {', '.join(steps)} feed back into each other with different timesteps ({steps}); make them equal"
            )
    lost = _leads_nowhere(network)
    if lost:
        raise NetworkError(f"{lost[0]} of network {network.name} leads to no output, only back to itself; remove it")


def _leads_nowhere(network: Network) -> list[str]:
    """Names of layers whose values reach nothing that is collected."""
    seen = {layer.name for layer in network.layers if network.collects(layer.name)}
    waiting = list(seen)
    while waiting:
        name = waiting.pop()
        sources = {n for s in network.layer(name).synapses for n in s.sources} - seen - {i.name for i in network.inputs}
        seen |= sources
        waiting += sources
    return [layer.name for layer in network.layers if layer.name not in seen]
