"""A network in a few lines, for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Protocol

from .neurons.registry import Neuron
from .synapses import Synapses
from .values import Shape

COLUMNS = ("layer", "synapses", "from", "shape", "neuron", "timesteps")


class Source(Protocol):
    """What is said of an input."""

    @property
    def name(self) -> str: ...
    @property
    def shape(self) -> Shape: ...
    @property
    def timesteps(self) -> int: ...


class Population(Source, Protocol):
    """What is said of a layer."""

    @property
    def synapses(self) -> tuple[Synapses, ...]: ...
    @property
    def kind(self) -> Neuron: ...


def headline(name: str, sources: Sequence[Source], layers: int) -> str:
    """Name, inputs and number of layers."""
    said = ", ".join(
        f"{source.name} {source.shape.as_tuple()}{'' if source.timesteps == 1 else f' x {source.timesteps}'}" for source in sources
    )
    return f"<Network {name}: input{'' if len(sources) == 1 else 's'} {said}, {layers} layer{'' if layers == 1 else 's'}>"


def _from(synapses: Synapses, name: str) -> str:
    """A source as ``synapses`` take it: how late, and which part of it."""
    block = synapses.block
    said = [f"delay {synapses.delay}"] if synapses.delay else []
    if block is not None:
        said.append(f"channels {block.channel}..{block.channel + block.channels - 1}")
        said += [] if block.rows is None else [f"rows {block.row}..{block.row + block.rows - 1}"]
    return f"{name} ({', '.join(said)})" if said else name


def layer_texts(layers: Iterable[Population]) -> list[tuple[str, ...]]:
    """A row of texts per layer: `COLUMNS`."""
    return [
        (
            layer.name,
            ", ".join(s.op if s.weights is None else f"{s.op} {s.weight_format.name}" for s in layer.synapses),
            ", ".join(_from(s, name) for s in layer.synapses for name in s.sources),
            str(layer.shape.as_tuple()),
            layer.kind.label,
            str(layer.timesteps),
        )
        for layer in layers
    ]


def text_summary(name: str, sources: Sequence[Source], layers: Iterable[Population]) -> str:
    """`headline` and `layer_texts`, as a table."""
    rows = [COLUMNS, *layer_texts(layers)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([headline(name, sources, len(rows) - 1), *lines])


def html_summary(name: str, sources: Sequence[Source], layers: Iterable[Population]) -> str:
    """The same for a notebook, escaped."""
    rows = layer_texts(layers)
    head = "".join(f"<th>{escape(column)}</th>" for column in COLUMNS)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f"<table><caption>{escape(headline(name, sources, len(rows))[1:-1])}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )
