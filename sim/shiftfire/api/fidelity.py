"""The fidelity report of a conversion: document, table, picture."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from shiftfire_spec.weights import FORMATS

from ..errors import InputError
from ..quantise.convert import Conversion
from ..quantise.fidelity import LayerFidelity
from ..report.document import head
from ..report.optional import needed
from ..report.tables import grid, show

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIDELITY_FORMAT, FIDELITY_VERSION = "shiftfire-fidelity", 1
WHAT = "plots"


def fidelity_document(conversion: Conversion) -> dict[str, Any]:
    """Everything that is known of a conversion. Schema: ``docs/reference/fidelity.schema.json``."""
    measured = conversion.fidelity
    return {
        **head(FIDELITY_FORMAT, FIDELITY_VERSION),
        "model": conversion.network.name,
        "chip": conversion.settings.chip.name,
        "profile": asdict(conversion.profile),
        "assumed": list(conversion.assumed),
        "inputs": {
            name: {"kind": c.kind.name, "lo": c.lo, "hi": c.hi, "unit": c.unit} for name, c in sorted(conversion.codings.items())
        },
        "weights_bytes": weight_bytes(conversion),
        "samples": None if measured is None else measured.samples,
        "timesteps": conversion.network.input.timesteps,
        "decisions": None if measured is None else measured.decisions,
        "accuracy_float": None if measured is None else measured.accuracy_float,
        "accuracy_integer": None if measured is None else measured.accuracy_integer,
        "layers": [] if measured is None else [asdict(layer) for layer in measured.layers],
    }


def weight_bytes(conversion: Conversion) -> int:
    """Bytes of all stored weights."""
    made = conversion.built.layers.values()
    bits = sum(FORMATS[s.weight_format].bits * s.weights.size for m in made for s in m.layer.synapses if s.weights is not None)
    return -(-bits // 8)


def fidelity_rows(conversion: Conversion) -> list[dict[str, Any]]:
    """One row per layer, texts for people."""
    measured = conversion.fidelity
    return [] if measured is None else [_row(layer) for layer in measured.layers]


def _row(layer: LayerFidelity) -> dict[str, Any]:
    return {
        "layer": layer.layer,
        "bits": str(layer.bits) if layer.bits else "-",
        "agreement": _percent(layer.agreement),
        "its own": _percent(layer.own_agreement),
        "membrane": "-" if layer.membrane_error is None else f"{layer.membrane_error:.2%}",
        "rate float": f"{layer.rate_float:.4f}",
        "rate integer": f"{layer.rate_integer:.4f}",
        "weights": "exact" if layer.exact_weights else f"{layer.weight_error:.2%}",
        "theta": "-" if layer.theta is None else "..".join(str(t) for t in sorted(set(layer.theta))),
        "decay": _decay(layer),
        "steps": "-" if layer.spike_steps is None else str(layer.spike_steps),
    }


def _decay(layer: LayerFidelity) -> str:
    """The decay, or the range of decays with the neuron whose decay is missed the most."""
    worst = f"{layer.decay:.5g}" + ("" if layer.kept == layer.decay else f" as {layer.kept:.5g}")
    if layer.worst_neuron is None:
        return worst
    least, greatest = layer.decays
    span = f"{least:.4g}..{greatest:.4g}"
    return span if layer.kept == layer.decay else f"{span}; {layer.worst_neuron}: {worst}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.2%}"


def print_fidelity(console: Console, conversion: Conversion) -> None:
    """What was assumed, then the table, then what is dead."""
    for line in conversion.assumed:
        console.print(line if line.startswith("assumed") else f"note: {line}", markup=False, soft_wrap=True)
    measured = conversion.fidelity
    if measured is None:
        return
    rows = fidelity_rows(conversion)
    table = grid(*rows[0])
    for row in rows:
        table.add_row(*row.values())
    title = f"{conversion.network.name}: integers against floats, {measured.samples} samples of {measured.timesteps} steps"
    if measured.decisions is not None:
        title += f"; {measured.decisions:.2%} of decisions alike"
    if measured.accuracy_float is not None and measured.accuracy_integer is not None:
        title += f"; accuracy {measured.accuracy_float:.2%} float, {measured.accuracy_integer:.2%} integer"
    console.print()
    show(console, title, table)
    for layer in measured.dead:
        console.print(f"layer {layer.layer} never sends anything: {layer.dead}", style="yellow", markup=False, soft_wrap=True)


def plot_fidelity(conversion: Conversion, *, ax: Axes | None = None) -> Axes:
    """Bars of agreement, with the part that each layer loses by itself, and marks of both rates. Raises InputError without samples or matplotlib."""
    measured = conversion.fidelity
    if measured is None:
        raise InputError(
            f"{conversion.network.name} was converted without samples: give calibrate=, then there is something to draw"
        )
    pyplot = needed("matplotlib.pyplot", WHAT)
    axes = pyplot.subplots(figsize=(8, 1.8 + 0.4 * len(measured.layers)), layout="constrained")[1] if ax is None else ax
    places = range(len(measured.layers))
    axes.barh(places, [layer.agreement or 0.0 for layer in measured.layers], color="#2b6cb0", label="spikes alike")
    axes.plot(
        [layer.own_agreement or 0.0 for layer in measured.layers],
        places,
        "d",
        color="#f6ad55",
        label="given the float model's inputs",
    )
    axes.plot([layer.rate_float for layer in measured.layers], places, "|", color="#1a202c", markersize=14, label="rate, float")
    axes.plot([layer.rate_integer for layer in measured.layers], places, "x", color="#9b2c2c", label="rate, integer")
    axes.set_yticks(places, [f"{layer.layer} ({layer.bits} bits)" for layer in measured.layers])
    axes.invert_yaxis()
    axes.set_xlim(0, 1.02)
    axes.set_xlabel("share of neuron-steps")
    axes.set_title(f"{conversion.network.name} under profile {conversion.profile.name}")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.25), ncols=2, frameon=False)
    return axes
