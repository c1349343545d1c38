"""The builder: a network layer by layer."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..check import check_name, check_network
from ..container import Samples, save_network
from ..geometry import output_shape
from ..graph import Layer, Network, Readout
from ..input_sets import expand_all, plain
from ..summary import headline, html_summary, text_summary
from ..values import NetworkError
from . import connections
from .also import connections_of
from .builds import Builds
from .concatenation import parts_of
from .connections import Connection
from .digits import digits_of
from .inputs import make_inputs
from .neuron import make_neuron, refuse_ambiguous
from .spikes import require_spikes
from .values import member, nearest, shown

DEFAULT_NEURON = "lif"
Also = str | Connection | Sequence[str | Connection]


class NetworkBuilder:
    """A network that is built layer by layer; `build` gives the frozen, checked `Network`, and whatever takes one takes a builder.

    ``input``: elements, or (channels, height, width), of a vector. ``timesteps``: vectors per sample. ``values``: least and greatest value of an
    element; (0, 1) are spikes without a payload, others counts, or signed when the least is negative. ``powers``: payloads are signed powers of two.
    ``inputs``, in place of ``input``: several of them by name, each such a shape, or a dict of its own ``shape``, ``timesteps``, ``values`` and ``powers``.

    Every method that adds a layer takes, beside what its connections take:

    - ``name``;
    - ``neuron``: lif (the default), count, requant, argmax, ..., or a neuron; its parameters (``theta=5``, ``leak=3``) are keywords, and those per
      channel may be one number. ``leak``: shifts, as in ``(3, -5)``, which loses V >> 3 and gains V >> 5 each step;
    - ``also``: further connections, such as ``"conv1"`` (element to element, a residual) or ``sf.dense(w, source="conv1")``; with ``delay=1``
      from the layer itself or a later one, too: ``sf.dense(w, source="hidden", delay=1)``;
    - ``timesteps``: vectors per sample; those of its sources if None, but 1 for argmax. 1 sums the sources' vectors and fires once.

    The source is the layer before (the input for the first), unless ``source`` names another one. Each returns the builder.
    Raises NetworkError, naming layer, value and remedy.
    """

    def __init__(
        self,
        name: str,
        *,
        input: Any = None,
        inputs: Mapping[str, Any] | None = None,
        timesteps: int = 1,
        values: Sequence[int] = (0, 1),
        powers: bool = False,
        input_name: str = "input",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        check_name("network", name)
        if (input is None) == (not inputs):
            raise NetworkError(f"network {name} needs the shape of its input (input=8), or of several by name (inputs={{'a': 8}})")
        common = {"timesteps": timesteps, "values": values, "powers": powers}
        self.inputs = make_inputs(f"network {name}", inputs or {input_name: input}, common)
        self.name = name
        self.metadata = dict(metadata or {})
        self._layers: list[Layer] = []
        self._readout: tuple[Readout, str] | None = None
        self._value_step = 1.0
        self._collected: tuple[str, ...] = ()
        self._built: Network | None = None

    @property
    def layers(self) -> tuple[Layer, ...]:
        """What was added so far."""
        return tuple(self._layers)

    def layer(
        self,
        name: str,
        synapses: Connection | Sequence[Connection],
        *,
        neuron: Any = DEFAULT_NEURON,
        also: Also = (),
        timesteps: int | None = None,
        **parameters: Any,
    ) -> NetworkBuilder:
        """A layer of any connections: ``sf.dense(w)``, ``sf.conv2d(w)``, ..., or several of them, whose sums are added."""
        check_name("layer", name)
        owner = f"layer {name}"
        known = {source.name: source for source in (*self.inputs, *self._layers)}
        before = (self._layers[-1] if self._layers else self.inputs[0]).name
        wanted = [*connections_of(owner, synapses), *connections_of(owner, also)]
        if not wanted:
            raise NetworkError(f"{owner} has no connections; give at least one, such as sf.dense(weights)")
        resolved = tuple(
            one.resolve(owner, before, known)
            for each in wanted
            for digits in digits_of(owner, each)
            for one in parts_of(owner, digits, known)
        )
        first = next((s for s in resolved if s.source in known), None)
        if first is None:
            raise NetworkError(f"{owner}: no connection is from a layer before or the input; give one without delay")
        try:
            shape = output_shape(first, known[first.source].shape, None if first.rows is None else known[first.rows].shape)
        except NetworkError as error:
            raise NetworkError(f"{owner}: {error}") from None
        made = make_neuron(owner, neuron, shape.channels, parameters)
        if timesteps is None:
            timesteps = 1 if made.one_event else known[first.source].timesteps
        self._layers.append(Layer(name, shape, resolved, made, timesteps))
        self._built = None
        return self

    def dense(self, name: str, weights: Any, **keywords: Any) -> NetworkBuilder:
        """A layer that is connected all to all: ``weights`` (out, in); keywords of `sf.dense` and of `layer`."""
        return self._add(name, connections.dense, (weights,), keywords)

    def conv2d(self, name: str, weights: Any, **keywords: Any) -> NetworkBuilder:
        """A convolution: ``weights`` (out, in, kernel rows, kernel columns); keywords of `sf.conv2d` (``stride``, ``padding``, ``dilation``, ``groups``) and of `layer`."""
        return self._add(name, connections.conv2d, (weights,), keywords)

    def depthwise(self, name: str, weights: Any, **keywords: Any) -> NetworkBuilder:
        """A convolution channel by channel: ``weights`` (channels, kernel rows, kernel columns); keywords of `sf.depthwise` and of `layer`."""
        return self._add(name, connections.depthwise, (weights,), keywords)

    def pool(self, name: str, kernel: Any, **keywords: Any) -> NetworkBuilder:
        """Sums of windows, which the layer's neurons take: keywords of `sf.pool` (``stride=kernel``, ``padding=0``) and of `layer`."""
        return self._add(name, connections.pool, (kernel,), keywords)

    def max_pool(
        self,
        name: str,
        kernel: Any,
        *,
        source: Any = None,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        timesteps: Any = None,
    ) -> NetworkBuilder:
        """The maximum of every window of spikes (0 or 1), which is 1 where any is: sums of windows, counted up to 1. Arguments as of `sf.pool` and of `layer`.

        ``timesteps=1``: the maximum over the sample's vectors as well. Sources that send other values are refused: `docs/reference/python.md` has a way for counts.
        """
        window = connections.pool(kernel, source=source, stride=stride, padding=padding, dilation=dilation)
        require_spikes(f"layer {name}", window, (*self.inputs, *self._layers))
        return self.layer(name, window, neuron="count", theta=1, hi=1, timesteps=timesteps)

    def direct(self, name: str, **keywords: Any) -> NetworkBuilder:
        """Neurons element by element; keywords of `sf.direct` and of `layer`."""
        return self._add(name, connections.direct, (), keywords)

    def upsample(self, name: str, factor: Any, **keywords: Any) -> NetworkBuilder:
        """Every element repeated along rows and columns (nearest neighbour): keywords of `sf.upsample` and of `layer`."""
        return self._add(name, connections.upsample, (factor,), keywords)

    def qk(self, name: str, queries: str, keys: str, **keywords: Any) -> NetworkBuilder:
        """Attention scores of two layers; keywords of `sf.qk` (``heads=1``) and of `layer`."""
        return self._add(name, connections.qk, (queries, keys), keywords)

    def pv(self, name: str, scores: str, values: str, **keywords: Any) -> NetworkBuilder:
        """Values weighted by scores; keywords of `sf.pv` (``heads=1``) and of `layer`."""
        return self._add(name, connections.pv, (scores, values), keywords)

    def kv(self, name: str, keys: str, values: str, **keywords: Any) -> NetworkBuilder:
        """Keys transposed times values; keywords of `sf.kv` (``heads=1``) and of `layer`."""
        return self._add(name, connections.kv, (keys, values), keywords)

    def readout(self, readout: Readout | str, layer: str | None = None, *, step: float = 1.0) -> NetworkBuilder:
        """How the prediction is read from ``layer``, the last one if None: sum (the largest sum of values), max, last, event (of an argmax layer), value or none.

        value is no class but a number: the sum of the layer's one channel times ``step``.
        """
        if not self._layers:
            raise NetworkError(f"network {self.name}: no layer to read out; add one first")
        names = [each.name for each in self._layers]
        if layer is not None and layer not in names:
            raise NetworkError(f"network {self.name}: no layer {layer!r} to read out; {nearest(layer, names)}")
        chosen = member(f"network {self.name}", "readout", readout, Readout)
        self._readout = (chosen, layer if layer is not None else names[-1])
        self._value_step = step
        self._built = None
        return self

    def collect(self, *layers: str) -> NetworkBuilder:
        """Layers that are outputs as well: their values come back too (`Result.outputs`). The prediction is read from one layer only."""
        names = [each.name for each in self._layers]
        for name in layers:
            if name not in names:
                raise NetworkError(f"network {self.name}: no layer {name!r} to collect; {nearest(name, names)}")
        self._collected = tuple(dict.fromkeys((*self._collected, *layers)))
        self._built = None
        return self

    def build(self) -> Network:
        """The checked network. Without `readout` the last layer is read: the event of an argmax layer, else the sums. Raises NetworkError."""
        if self._built is None:
            readout, output = self._readout or self._usual_readout()
            first, *feeds = self.inputs
            more = tuple(name for name in self._collected if name != output)
            network = Network(
                self.name,
                first,
                tuple(self._layers),
                output,
                readout,
                dict(self.metadata),
                feeds=tuple(feeds),
                more_outputs=more,
                value_step=self._value_step,
            )
            self._built = check_network(network)
        return self._built

    def save(self, folder: str | os.PathLike[str], inputs: Any = None, labels: Any = None) -> None:
        """Write the network to ``folder``, as `save`."""
        save(self, folder, inputs, labels)

    def __repr__(self) -> str:
        return headline(self.name, self.inputs, len(self.layers))

    def __str__(self) -> str:
        return text_summary(self.name, self.inputs, self.layers)

    def _repr_html_(self) -> str:
        return html_summary(self.name, self.inputs, self.layers)

    def _usual_readout(self) -> tuple[Readout, str]:
        if not self._layers:
            raise NetworkError(f"network {self.name} has no layers; add one: .dense, .conv2d, .layer")
        last = self._layers[-1]
        return (Readout.EVENT if last.kind.one_event else Readout.SUM, last.name)

    def _add(self, name: str, make: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> NetworkBuilder:
        own = {key: keywords.pop(key) for key in list(keywords) if key in _keywords(make)}
        refuse_ambiguous(f"layer {name}", keywords.get("neuron", DEFAULT_NEURON), own)
        return self.layer(name, make(*arguments, **own), **keywords)


def frozen(network: Any) -> Network:
    """The network that a builder builds, or itself. Raises NetworkError."""
    if isinstance(network, Builds):
        return network.build()
    if not isinstance(network, Network):
        raise NetworkError(f"{shown(network)} is no network; load one, or build one with sf.Network")
    return network


def save(network: Network | Builds, folder: str | os.PathLike[str], inputs: Any = None, labels: Any = None) -> None:
    """Write a container that `load` and the commands read: ``network.json``, the weights, and samples when given.

    ``inputs`` (samples, ...) as `run` takes them, and ``labels`` (samples,) where they are known. A container that is there is replaced. Raises NetworkError.
    """
    built = frozen(network)
    if inputs is None and labels is not None:
        raise NetworkError(f"network {built.name}: labels belong to inputs; give the inputs as well, or no labels")
    given = None if labels is None else np.asarray(labels)
    test = None if inputs is None else Samples(plain(expand_all(built.inputs, inputs)), given)
    save_network(built, folder, test)


def _keywords(make: Any) -> tuple[str, ...]:
    """Keyword-only parameters of a function."""
    return tuple(make.__kwdefaults__)
