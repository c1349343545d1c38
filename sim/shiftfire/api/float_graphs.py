"""From a float graph, whatever front end made it, to the converted network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..frontends.float_graph.graph import Graph
from ..frontends.float_graph.neurons import FloatArray
from ..frontends.float_graph.profile import Profile
from ..network.container import Samples as Split
from ..network.graph import Readout
from ..network.input_sets import Inputs, plain
from ..quantise.budget import budget_bits
from ..quantise.convert import Conversion, Samples, convert
from ..quantise.errors import QuantiseError
from ..quantise.populations import populations_of
from ..quantise.search import stored_weights
from ..quantise.settings import Settings, check_bits, check_wide
from .chips import chip as chip_of
from .compiled import ChipLike
from .converted import Converted

METHODS = ("error", "percentile", "search")
ASSUMED_STEPS = 16
READOUTS = ("sum", "max", "last", "none")


def convert_graph(
    graph: Graph,
    profile: Profile,
    assumed: list[str],
    *,
    name: str,
    origin: str,
    weights: int | str | Mapping[str, int],
    calibrate: Any,
    labels: Any,
    timesteps: int | None,
    readout: str | None,
    method: str,
    budget: str | None,
    chip: ChipLike,
) -> Converted:
    """The integer network of ``graph`` under ``profile``; ``assumed``: one line for each thing that its ``origin`` did not say. The others as `from_nir` has them.

    Raises QuantiseError for what has no integer form, naming the node; FloatGraphError, NetworkError, InputError.
    """
    if method not in METHODS:
        raise QuantiseError(f"method {method!r} is not known; use {', '.join(METHODS)}")
    samples = None if calibrate is None else _samples(graph, calibrate, labels, timesteps)
    if samples is None and timesteps is None:
        timesteps = ASSUMED_STEPS
        assumed = [*assumed, f"{ASSUMED_STEPS} timesteps per sample, as neither samples nor timesteps were given"]
    steps = int(next(iter(samples.inputs.values())).shape[1]) if samples is not None else int(timesteps or 1)
    bits, by_layer = _bits(weights)
    settings = Settings(chip_of(chip), steps, bits, by_layer)
    for what, asked in (("weights", bits), *((f"weights of {layer}", own) for layer, own in by_layer.items())):
        check_wide(what, asked, settings.chip)
    limit = None
    if weights == "auto" or budget is not None:
        if weights != "auto" or budget is None:
            raise QuantiseError('weights="auto" and a budget go together: give both, such as budget="20KiB"')
        limit = budget_bits(budget, sum(stored_weights(p) for p in populations_of(graph, profile, settings.chip)[0]))
    conversion = convert(
        graph,
        profile,
        settings,
        name=name,
        origin=origin,
        samples=samples,
        search=method == "search",
        percentile=method == "percentile",
        budget_bits=limit,
        assumed=tuple(assumed),
        readout=_readout(readout),
    )
    split = None if samples is None else Split(_split(conversion, samples), samples.labels)
    return Converted(graph, conversion, split)


def _split(conversion: Conversion, samples: Samples) -> Inputs:
    """The samples as the network takes them."""
    shapes = {source.name: source.shape.as_tuple() for source in conversion.network.inputs}
    found = {}
    for key, values in samples.inputs.items():
        name = conversion.built.names[key]
        found[name] = conversion.codings[key].integers(key, values).reshape(*values.shape[:2], *shapes[name])
    return plain(found)


def _bits(weights: int | str | Mapping[str, int]) -> tuple[int, dict[str, int]]:
    if isinstance(weights, Mapping):
        return 8, {layer: check_bits(f"weights of {layer}", bits) for layer, bits in weights.items()}
    return 8 if weights == "auto" else check_bits("weights", weights), {}


def _readout(readout: str | None) -> Readout | None:
    if readout is None:
        return None
    if readout not in READOUTS:
        raise QuantiseError(f"readout {readout!r} is not known; use {', '.join(READOUTS)}")
    return Readout(readout)


def _samples(graph: Graph, calibrate: Any, labels: Any, timesteps: int | None) -> Samples:
    given = calibrate if isinstance(calibrate, Mapping) else dict.fromkeys(graph.inputs, calibrate)
    if set(given) != set(graph.inputs):
        raise QuantiseError(f"samples for {', '.join(map(str, given))}: the graph's inputs are {', '.join(graph.inputs)}")
    inputs = {name: _shaped(name, given[name], shape, timesteps) for name, shape in graph.inputs.items()}
    counts = {values.shape[:2] for values in inputs.values()}
    if len(counts) > 1:
        raise QuantiseError(
            f"samples of the inputs have different lengths {sorted(counts)}; give each as many samples and timesteps"
        )
    whole = None if labels is None else np.asarray(labels)
    if whole is not None and (whole.dtype.kind not in "iu" or whole.shape != (len(next(iter(inputs.values()))),)):
        raise QuantiseError(f"labels are {whole.dtype} of shape {whole.shape}; give one integer per sample")
    return Samples(inputs, None if whole is None else whole.astype(np.int64))


def _shaped(name: str, values: Any, shape: tuple[int, ...], timesteps: int | None) -> FloatArray:
    """(samples, timesteps, *shape); a missing time axis is filled when ``timesteps`` says how long a sample is."""
    array = np.asarray(values)
    if array.dtype.kind not in "iubf" or not array.size:
        raise QuantiseError(
            f"input {name}: samples are {array.dtype} of shape {array.shape}; give numbers (samples, timesteps, {_text(shape)})"
        )
    array = array.astype(np.float64)
    if not np.all(np.isfinite(array)):
        raise QuantiseError(f"input {name}: samples hold {array[~np.isfinite(array)][0]}; give finite numbers")
    size = int(np.prod(shape))
    if array.shape[1:] == shape and timesteps is not None:
        array = np.repeat(array[:, None], timesteps, axis=1)
    if array.ndim < 3 or array.size != array.shape[0] * array.shape[1] * size:
        hint = ": np.repeat(x[:, None], T, axis=1) repeats a still input, or say timesteps" if array.shape[1:] == shape else ""
        raise QuantiseError(f"input {name}: samples have shape {array.shape}; give (samples, timesteps, {_text(shape)}){hint}")
    return array.reshape(*array.shape[:2], *shape)


def _text(shape: tuple[int, ...]) -> str:
    return ", ".join(map(str, shape))
