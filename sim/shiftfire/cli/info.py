"""``shiftfire info``: a network, and how it lies on a chip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from shiftfire_spec.chip import load_chip

from ..compiler.compile import LayerUse, describe
from ..compiler.mapping.rounds import compile_schedule
from ..network.bundled import find_model, model_names
from ..network.container import load_network
from ..network.graph import Layer, Network
from ..report.document import provenance, write_json
from ..report.tables import grid, show
from . import options
from .console import output, printable
from .inputs import open_model


def info(
    model: Annotated[
        str | None, typer.Argument(help="Name or path of a model; none lists the shipped ones.", metavar="[MODEL]")
    ] = None,
    chip: options.Chip = options.DEFAULT_CHIP,
    spread: options.Spread = options.DEFAULT_SPREAD,
    layers_at_once: options.LayersAtOnce = None,
    json: options.Json = None,
) -> None:
    """Show a network's layers and its mapping to cores; without MODEL, the shipped models."""
    console = output(json)
    if model is None:
        _list_models(console, json)
        return
    _, network = open_model(model)
    schedule = compile_schedule(network, load_chip(chip), spread=spread, most_layers=layers_at_once)
    mapping = [
        {**_mapping_row(use), "round": number} for number, part in enumerate(schedule.rounds) for use in describe(part.program)
    ]
    layers = [_layer_row(network, layer) for layer in network.layers]
    if json is not None:
        head = provenance(schedule.rounds[0].program)
        write_json(json, {**head, "metadata": network.metadata, "layers": layers, "mapping": mapping})
    _print_layers(console, network, layers)
    hidden = {"weight_bits"} | ({"round"} if schedule.resident else set())  # weight_rows says the same
    shown = [{k: v for k, v in row.items() if k not in hidden} for row in mapping]
    rounds = "" if schedule.resident else f", in {len(schedule.rounds)} rounds"
    _print_rows(console, f"mapping on {schedule.chip.name}{rounds}: need / limit of a layer's fullest core", shown)


def _list_models(console: Console, json: str | None) -> None:
    networks = [load_network(find_model(name)) for name in model_names()]
    rows = [
        {
            "name": n.name,
            "layers": len(n.layers),
            "neurons": sum(x.shape.size for x in n.layers),
            "weights": _weights(n),
            "accuracy": n.metadata.get("integer_accuracy", "-"),
        }
        for n in networks
    ]
    if json is not None:
        write_json(json, {"models": [{**row, "metadata": n.metadata} for row, n in zip(rows, networks, strict=True)]})
    _print_rows(console, "shipped models", rows)


def _weights(network: Network) -> int:
    return sum(s.weights.size for layer in network.layers for s in layer.synapses if s.weights is not None)


def _layer_row(network: Network, layer: Layer) -> dict[str, Any]:
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
            }
            for s in layer.synapses
        ],
    }


def _print_layers(console: Console, network: Network, layers: Sequence[Mapping[str, Any]]) -> None:
    source = network.input
    shape = " x ".join(str(n) for n in source.shape.as_tuple())
    title = (
        f"{network.name}: input {shape}, {source.payload_kind.name} {source.lo}..{source.hi}, {source.timesteps} vectors per sample"
    )
    table = grid("layer", "neuron", "shape", "timesteps", "synapses")
    for row in layers:
        synapses = "; ".join(
            f"{s['op']} from {s['source']}" + (f", {s['weights']:,} {s['format']}" if s["weights"] else "") for s in row["synapses"]
        )
        table.add_row(row["layer"], row["neuron"], " x ".join(map(str, row["shape"])), str(row["timesteps"]), synapses)
    show(console, title, table)
    for key, value in network.metadata.items():
        console.print(f"{printable(key)}: {printable(value)}", markup=False)
    console.print()


def _mapping_row(use: LayerUse) -> dict[str, Any]:
    """A layer's tiles, and need and limit of its fullest core by resource."""
    needs = (use.accumulator_bits, use.weight_bits, *use.needs)
    return {"layer": use.layer, "tiles": list(use.tiles), **{n.resource: {"need": n.need, "limit": n.limit} for n in needs}}


def _print_rows(console: Console, title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """A table of dictionaries with the same keys; needs that are 0 in every row are left out."""
    columns = [] if not rows else [c for c in rows[0] if any(not isinstance(r[c], Mapping) or r[c]["need"] for r in rows)]
    table = grid(*(c.replace("_", " ") for c in columns))
    for row in rows:
        table.add_row(*(_cell(row[c]) for c in columns))
    show(console, title, table)


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value['need']:,}/{value['limit']:,}"
    if isinstance(value, list | tuple):
        return _ranges(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _ranges(numbers: Sequence[int]) -> str:
    """1, 2, 3, 7 -> ``1-3 7``."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return " ".join(str(r[0]) if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in runs)
