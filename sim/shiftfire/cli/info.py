"""``shiftfire info``: a network, and how it lies on a chip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from .. import api
from ..report.cuts import cut_lines
from ..report.document import head, provenance, write_json
from ..report.mapping import mapping_rows, mapping_table, mapping_title, rows_table
from ..report.origin import origin_lines
from ..report.tables import grid, optimised_tables, policy_table, policy_title, show
from . import options
from .chips import described
from .console import output, printable

if TYPE_CHECKING:
    from ..api import FrozenNetwork, Layer
    from ..network.graph import Input

INFO_FORMAT, MODELS_FORMAT, VERSION = "shiftfire-info", "shiftfire-models", 1


def info(
    model: Annotated[
        str | None, typer.Argument(help="Name or path of a model; none lists the shipped ones.", metavar="[MODEL]")
    ] = None,
    chip: options.Chip = options.DEFAULT_CHIP,
    changes: options.Changes = None,
    spread: options.Spread = options.DEFAULT_SPREAD,
    layers_at_once: options.LayersAtOnce = None,
    optimise: options.Optimise = None,
    effort: options.Effort = options.DEFAULT_EFFORT,
    json: options.Json = None,
) -> None:
    """Show a network's layers and its mapping to cores; without MODEL, the shipped models."""
    console = output(json)
    if model is None:
        _list_models(console, json)
        return
    network = api.load(model)
    schedule = api.compile(
        network, described(chip, changes), spread=spread, layers_at_once=layers_at_once, optimise=optimise, effort=effort
    ).schedule
    layers = [_layer_row(network, layer) for layer in network.layers]
    if json is not None:
        made = {**head(INFO_FORMAT, VERSION), **provenance(schedule)}
        described_network = {
            "inputs": [_input_row(source) for source in network.inputs],
            "outputs": list(network.outputs),
            "profile": network.profile,
            "metadata": network.metadata,
        }
        write_json(json, {**made, **described_network, "layers": layers, "mapping": mapping_rows(schedule)})
    _print_layers(console, network, layers)
    show(console, mapping_title(schedule), mapping_table(schedule))
    for line in cut_lines(schedule):
        console.print(line, markup=False)
    if schedule.policies:
        console.print()
        show(console, policy_title(schedule), policy_table(schedule))
    for title, table in optimised_tables(schedule):
        show(console, title, table)


def _list_models(console: Console, json: str | None) -> None:
    networks = [api.load(name) for name in api.models()]
    rows = [
        {
            "name": n.name,
            "layers": len(n.layers),
            "neurons": sum(x.shape.size for x in n.layers),
            "weights": _weights(n),
            "accuracy": n.metadata.get("integer_accuracy", "-"),
            "return": n.metadata.get("integer_return", "-"),
        }
        for n in networks
    ]
    if json is not None:
        write_json(
            json,
            {
                **head(MODELS_FORMAT, VERSION),
                "models": [{**row, "metadata": n.metadata} for row, n in zip(rows, networks, strict=True)],
            },
        )
    show(console, "shipped models", rows_table(rows))


def _weights(network: FrozenNetwork) -> int:
    return sum(s.weights.size for layer in network.layers for s in layer.synapses if s.weights is not None)


def _input_row(source: Input) -> dict[str, Any]:
    return {
        "input": source.name,
        "shape": list(source.shape.as_tuple()),
        "timesteps": source.timesteps,
        "payload_kind": source.payload_kind.name,
        "lo": source.lo,
        "hi": source.hi,
    }


def _layer_row(network: FrozenNetwork, layer: Layer) -> dict[str, Any]:
    return {
        "layer": layer.name,
        "neuron": layer.kind.op.name,
        "shape": list(layer.shape.as_tuple()),
        "timesteps": layer.timesteps,
        "synapses": [
            {
                "source": s.source,
                "op": str(s.op),
                "weights": 0 if s.weights is None else int(s.weights.size),
                "format": s.weight_format.name,
                "delay": s.delay,
            }
            for s in layer.synapses
        ],
    }


def _input_text(source: Input, *, named: bool) -> str:
    shape = " x ".join(str(n) for n in source.shape.as_tuple())
    name = f" {source.name}" if named else ""
    return f"input{name} {shape}, {source.payload_kind.name} {source.lo}..{source.hi}, {source.timesteps} vectors per sample"


def _print_layers(console: Console, network: FrozenNetwork, layers: Sequence[Mapping[str, Any]]) -> None:
    title = f"{network.name}: {'; '.join(_input_text(source, named=bool(network.feeds)) for source in network.inputs)}"
    table = grid("layer", "neuron", "shape", "timesteps", "synapses")
    for row in layers:
        synapses = "; ".join(
            f"{s['op']} from {s['source']}{' one step late' if s['delay'] else ''}"
            + (f", {s['weights']:,} {s['format']}" if s["weights"] else "")
            for s in row["synapses"]
        )
        table.add_row(row["layer"], row["neuron"], " x ".join(map(str, row["shape"])), str(row["timesteps"]), synapses)
    show(console, title, table)
    if network.more_outputs:
        console.print(f"outputs: {', '.join(network.outputs)}", markup=False)
    if network.profile is not None:
        for line in origin_lines(network.profile):
            console.print(printable(line), markup=False)
    for key, value in network.metadata.items():
        console.print(f"{printable(key)}: {printable(value)}", markup=False)
    console.print()
