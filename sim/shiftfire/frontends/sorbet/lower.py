"""A checkpoint as an integer network."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from shiftfire_spec.packet import AXON_BITS, PayloadKind
from shiftfire_spec.shift_units import BSPN_GROUP, PTSOFTMAX_ROW_ENTRIES, DenominatorRule

from ...network.check import check_network
from ...network.graph import Input, Network, Readout
from ...network.values import NetworkError, Shape
from .builder import Builder, Options, Stream
from .checkpoint import Checkpoint
from .embedding import FINE_BITS, LIMIT, Embedding
from .encoder import lower_encoder_layer
from .errors import CheckpointError
from .padding import lower_padding
from .readings import Linear, Reading
from .readout import lower_classifier, lower_pooler, lower_regression

INPUT = "embedded"


@dataclass(frozen=True, eq=False)
class Imported:
    """The network, how its input is made and its layers are read, and what was lost on the way.

    ``level_error``: greatest error of the codes that a layer sends scaled, as a share of the greatest; ``on_mean``: weights that had no sign.
    """

    network: Network
    options: Options
    embedding: Embedding
    readings: dict[str, Reading]
    notes: tuple[str, ...]
    level_error: dict[str, float]
    on_mean: int


def import_checkpoint(checkpoint: Checkpoint, options: Options, name: str = "sorbet") -> Imported:
    """The integer network of a checkpoint for sequences of ``options.tokens`` tokens.

    Raises CheckpointError when the options do not suit it, or a scale of it does not fit the integers.
    """
    _check(checkpoint, options)
    embedding = Embedding(checkpoint, binary_words=options.binary_words, parts=options.input_parts, mask=options.mask)
    builder = Builder(options)
    builder.readings[INPUT] = Linear(2.0**embedding.step_log2, -embedding.limit, embedding.limit)
    stream = _input_stream(embedding)
    lower_padding(builder, INPUT, checkpoint.hidden)
    for number, layer in enumerate(checkpoint.layers):
        stream = lower_encoder_layer(builder, f"layer{number}", layer, checkpoint.heads, stream)
    readout, value_step = _read_out(builder, checkpoint, stream)
    source = Input(INPUT, Shape(checkpoint.hidden, options.tokens, options.columns), 1, PayloadKind.SIGNED, -LIMIT, LIMIT)
    metadata = {
        "origin": f"Sorbet checkpoint {checkpoint.origin}",
        "model": ", ".join(f"{key} {value}" for key, value in checkpoint.sizes().items()),
        "input_step": f"2**{embedding.step_log2}",
    }
    network = Network(_word(name), source, tuple(builder.layers), builder.layers[-1].name, readout, metadata, value_step=value_step)
    try:
        check_network(network)
    except NetworkError as error:
        raise CheckpointError(f"checkpoint {checkpoint.origin} does not fit a network: {error}") from None
    return Imported(network, options, embedding, builder.readings, tuple(builder.notes), builder.level_error, builder.on_mean)


def _input_stream(embedding: Embedding) -> Stream:
    of_parts = [1 << FINE_BITS, 1] if embedding.parts == 2 else [1]
    columns = np.array([*of_parts, *([0] if embedding.mask else [])])
    weights = None if len(columns) == 1 else np.tile(columns, (embedding.checkpoint.hidden, 1, 1))
    return Stream(INPUT, embedding.step_log2, embedding.limit, powers=False, weights=weights)


def _read_out(builder: Builder, checkpoint: Checkpoint, stream: Stream) -> tuple[Readout, float]:
    """How the network is read, and what an integer of its value is worth, if it gives one."""
    if checkpoint.pooler is None:
        builder.notes.append("no pooler: the output is the last norm, and there is no prediction")
        return Readout.NONE, 1.0
    pooled = lower_pooler(builder, checkpoint.pooler, stream)
    if checkpoint.classifier is None:
        builder.notes.append("no classifier: the output is the pooler's, and there is no prediction")
        return Readout.NONE, 1.0
    if len(checkpoint.classifier.weight) == 1:
        builder.notes.append("a classifier of one value (a regression): the output is that value")
        return Readout.VALUE, lower_regression(builder, checkpoint.classifier, pooled)
    lower_classifier(builder, checkpoint.classifier, pooled)
    return Readout.EVENT, 1.0


def _check(checkpoint: Checkpoint, options: Options) -> None:
    positions, heads = len(checkpoint.positions), checkpoint.heads
    most = min(positions, PTSOFTMAX_ROW_ENTRIES)
    if not 1 <= options.tokens <= most:
        raise CheckpointError(f"--tokens {options.tokens} is out of range: 1..{most}, as the checkpoint has {positions} positions")
    if heads * options.tokens**2 > 1 << AXON_BITS:
        fits = int(((1 << AXON_BITS) / heads) ** 0.5)
        raise CheckpointError(
            f"--tokens {options.tokens}: the scores of {heads} heads are more than {1 << AXON_BITS} elements; use up to {fits}"
        )
    if options.input_parts not in (1, 2):
        raise CheckpointError(f"--input-parts {options.input_parts} is out of range: 1, or 2 for a coarse and a fine one")
    if options.mask and options.tokens > checkpoint.hidden:
        raise CheckpointError(
            f"--tokens {options.tokens}: a padding mask takes a channel for each, there are {checkpoint.hidden}; use fewer tokens, or no mask"
        )
    if options.mask and options.rule is DenominatorRule.CEIL:
        raise CheckpointError(
            "--rule ceil counts a padded key as a trace above the sum of the others, which the model does not: use nearest, or no mask"
        )
    if options.group < 1 or options.group & (options.group - 1) or options.group > BSPN_GROUP:
        raise CheckpointError(f"--group {options.group} is not a power of two of 1..{BSPN_GROUP}; the published group is 64")
    if checkpoint.hidden % options.group:
        raise CheckpointError(
            f"--group {options.group} does not divide {checkpoint.hidden} channels; use {checkpoint.hidden & -checkpoint.hidden} or a divisor of it"
        )


def _word(name: str) -> str:
    """A name that a network can have."""
    return re.sub(r"[^A-Za-z0-9_.-]", "-", name).lstrip("_.-")[:64] or "sorbet"
