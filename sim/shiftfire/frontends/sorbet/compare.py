"""An imported network beside the float reference, layer by layer: end to end, and each layer fed what the reference feeds it.

A model of four-bit codes and powers of two amplifies small differences by itself. So the reference is also run on the network's eight-bit input: what differs then is the
model's own sensitivity, to which the lowering adds nothing.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.shift_units import DenominatorRule

from ...golden.execute import execute, fire
from ...golden.sums import driving_sums
from ...network.graph import Layer
from ...network.values import IntArray
from .checkpoint import Checkpoint
from .float_model import Reference, Seen
from .lower import INPUT, Imported
from .padding import PADDING
from .readings import Codes, Linear, Reading

BATCH_TOKENS = 512  # compared at a time, which bounds the memory

Reals = NDArray[np.float64]


@dataclass(eq=False)
class Errors:
    """Differences over values: how many there were, how many had equal codes (or were equal), the greatest and the summed magnitude in real units.

    ``beyond``: codes above the published range (of channels sent from a quiet level), or reference's values that the layer's payloads do not reach.
    """

    values: int = 0
    equal: int = 0
    beyond: int = 0
    greatest: float = 0.0
    total: float = 0.0

    def add(self, reading: Reading, emitted: IntArray, seen: Seen) -> None:
        """Count what a layer emitted (samples, channels, tokens) beside what the reference has."""
        difference = np.abs(reading.values(emitted) - seen.values)
        if isinstance(reading, Codes):
            assert seen.codes is not None
            codes = reading.codes(emitted)
            equal, beyond = codes == seen.codes, codes > reading.sent.hi
        else:
            nearest = reading.encode(seen.values)
            equal = emitted == nearest if isinstance(reading, Linear) else difference == 0
            beyond = reading.beyond(seen.values)
        self.values += equal.size
        self.equal += int(equal.sum())
        self.beyond += int(beyond.sum())
        self.greatest = max(self.greatest, float(difference.max()))
        self.total += float(difference.sum())

    def as_dict(self) -> dict[str, float]:
        share = 1 / self.values
        return {
            "equal": self.equal * share,
            "beyond": self.beyond * share,
            "max_error": self.greatest,
            "mean_error": self.total * share,
        }


@dataclass(eq=False)
class _Sums:
    """What is summed up for a layer. ``model``: values that the reference has equal on the exact and on the network's input; ``square``: of its values."""

    end_to_end: Errors = field(default_factory=Errors)
    own: Errors = field(default_factory=Errors)
    model: int = 0
    square: float = 0.0


@dataclass(frozen=True, eq=False)
class LayerErrors:
    """A layer's errors: ``end_to_end`` with errors of all layers before it, ``own`` with the reference's values as its inputs. ``rms``: the reference's values.

    ``model_equal``: share of values that the reference itself keeps when it is given the network's eight-bit input.
    """

    layer: str
    rms: float
    model_equal: float
    end_to_end: dict[str, float]
    own: dict[str, float]


@dataclass(frozen=True, eq=False)
class Comparison:
    """``layers`` in order, the input first; ``predictions`` of the reference and of the network, (samples,) each, None where there is no class."""

    samples: int
    layers: tuple[LayerErrors, ...]
    predictions: tuple[IntArray, IntArray] | None

    @property
    def agreement(self) -> float | None:
        """Share of samples that both predict alike."""
        return None if self.predictions is None else float(np.mean(self.predictions[0] == self.predictions[1]))

    def as_dict(self) -> dict[str, object]:
        return {
            "samples": self.samples,
            "agreement": self.agreement,
            "layers": [asdict(layer) for layer in self.layers],
        }


def compare(
    checkpoint: Checkpoint,
    imported: Imported,
    token_ids: IntArray,
    token_types: IntArray | None = None,
    mask: IntArray | None = None,
) -> Comparison:
    """Compare on token numbers (samples, tokens), at least one sample; ``mask`` (samples, tokens): 1 for a token, 0 for padding."""
    names = [INPUT, *(layer.name for layer in imported.network.layers if layer.name in imported.readings)]
    sums = {name: _Sums() for name in names}
    predictions: list[tuple[IntArray, IntArray]] = []
    batch = max(1, BATCH_TOKENS // token_ids.shape[1])
    for start in range(0, len(token_ids), batch):
        part = slice(start, start + batch)
        types, own = (None if given is None else given[part] for given in (token_types, mask))
        predictions += _compare_batch(checkpoint, imported, token_ids[part], types, own, sums)
    layers = tuple(_layer_errors(name, of) for name, of in sums.items())
    pairs = tuple(np.concatenate(column) for column in zip(*predictions, strict=True))
    return Comparison(len(token_ids), layers, (pairs[0], pairs[1]) if pairs else None)


def _layer_errors(name: str, of: _Sums) -> LayerErrors:
    values = of.own.values
    return LayerErrors(name, float(np.sqrt(of.square / values)), of.model / values, of.end_to_end.as_dict(), of.own.as_dict())


def reference_of(checkpoint: Checkpoint, imported: Imported) -> Reference:
    """The float model with the options of the import."""
    options = imported.options
    return Reference(checkpoint, options.group, options.rule is DenominatorRule.CEIL, options.binary_words)


def _compare_batch(
    checkpoint: Checkpoint,
    imported: Imported,
    ids: IntArray,
    types: IntArray | None,
    mask: IntArray | None,
    sums: dict[str, _Sums],
) -> list[tuple[IntArray, IntArray]]:
    embedding = imported.embedding
    whole = embedding.whole(ids, types)  # checks them
    reference = reference_of(checkpoint, imported)
    logits = reference.run(ids, types, mask)
    given = embedding.masked(embedding.split(whole), mask)
    golden = execute(imported.network, given)
    rounded = reference_of(checkpoint, imported)
    rounded.run_embedded(imported.readings[INPUT].values(whole), mask)
    fed = {name: _as_activations(imported.readings[name], reference.seen[name]) for name in sums if name != INPUT}
    fed[INPUT] = given[:, None]
    if imported.options.mask:
        fed[PADDING] = golden.activations[PADDING]
    layers = {layer.name: layer for layer in imported.network.layers}
    for name, of in sums.items():
        reading, seen = imported.readings[name], reference.seen[name]
        of.end_to_end.add(reading, whole if name == INPUT else _tokens(golden.activations[name]), seen)
        of.own.add(reading, whole if name == INPUT else _tokens(_fired(layers[name], fed)), seen)
        of.model += int((rounded.seen[name].values == seen.values).sum())
        of.square += float(np.square(seen.values).sum())
    if logits is None or golden.predictions is None:
        return []
    return [(logits.argmax(1), golden.predictions)] if logits.shape[1] > 1 else []


def _as_activations(reading: Reading, seen: Seen) -> IntArray:
    """What a layer would emit, (samples, 1, channels, tokens, 1), if it had the reference's values."""
    values = seen.values if not isinstance(reading, Codes) or seen.codes is None else seen.codes
    return reading.encode(values)[:, None, ..., None]


def _fired(layer: Layer, activations: dict[str, IntArray]) -> IntArray:
    return fire(layer.neuron, driving_sums(layer, activations))


def _tokens(activations: IntArray) -> IntArray:
    """(samples, 1, channels, tokens, 1) as (samples, channels, tokens)."""
    return activations[:, 0, ..., 0]
