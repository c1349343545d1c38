"""The record as a page: ``docs/reference/zoo.md``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..energy.corners import Band
from ..records.markdown import LEFT, RIGHT, markdown_table, three_digits
from .entry import ACCURACY, Entry, OnChip
from .figures import ChipFigures, ModelFigures, figures_of
from .picture import picture_name

MACHINES = ("output-stationary", "weight-stationary")  # of `EnergyReport.ratios`
_PICTURES = "pictures"

_HEAD = """# Zoo reference

Rendered from `docs/reference/zoo.json` by `python -m shiftfire.zoo render`; the figures are measured by `python -m shiftfire.zoo measure`
(`make zoo` does both, and draws the pictures). Do not edit: `tests/zoo` proves that page, models and constants are those of this tree.
Measured with version {version}, contract {contract}.

The systems of papers that are shipped as models. Start from any row: `shiftfire run NAME`. How good a system is in its paper and how good the
model is here are different questions: models are small, on data that come with a package, and what is absent is said. A model's row is a
file in `sim/shiftfire/zoo`; a test names the model that has none.
"""

_MODELS = """## Models

*Float*: the model's float twin; *integer*: the model itself, in the simulator, both on all samples of the test split.

"""

_CHIPS = """
## On chips

Of one inference. *Cycles*: those that the chip runs, configurations not counted, for samples that follow one another. *Latency*: from a sample's first
packet to its class, the mean of all samples; in rounds, where all samples go through one round before the next, that of one sample alone, configurations
of further rounds included. *Events*: packets that cores send. *Additions*: weights added to a sum. *Energy*: an [estimate](energy.md) for an ASIC of 22 nm, not for an FPGA: what happens, leakage
and a gated clock; nominal, and from the low to the high ends of the constants. *Over*: that energy as a multiple of a dense machine's that computes
the network's quantised twin; above 1 the dense machine takes less. *Differ*: golden, simulator and RTL on the same samples: events, cycles, counters that are not alike.

"""


def render_zoo(record: Mapping[str, Any], entries: tuple[Entry, ...]) -> str:
    """Text of the page. Raises RecordError for a model that was never measured."""
    known = [(entry, figures_of(record, entry)) for entry in entries]
    head = _HEAD.format(version=record["package_version"], contract=record["contract_fingerprint"])
    sections = [line for entry, figures in known for line in _section(entry, figures)]
    return "\n".join([head, _MODELS + _models(known), _CHIPS + _chips(known), "", *sections])


def _models(known: list[tuple[Entry, ModelFigures]]) -> str:
    heads = ("model", "system", "float", "integer", "samples", "the paper says", "not here, or did not work")
    return markdown_table(heads, (_model_row(*each) for each in known), (LEFT, LEFT, RIGHT, RIGHT, RIGHT, LEFT, LEFT))


def _model_row(entry: Entry, figures: ModelFigures) -> tuple[object, ...]:
    values = [_quality(entry, value) for value in figures.quality(entry)]
    return f"[{entry.model}](#{entry.model})", entry.system, *values, figures.chips[0].samples, f"{entry.says}.", entry.absent


def _quality(entry: Entry, value: float) -> str:
    return f"{value:.2%}" if entry.quality == ACCURACY else f"{entry.quality} {value:g}"


def _chips(known: list[tuple[Entry, ModelFigures]]) -> str:
    heads = (
        "model",
        "chip",
        "rounds",
        "cycles",
        "latency, us",
        "events",
        "additions",
        "energy, nJ",
        *(f"over {m}" for m in MACHINES),
        "differ",
    )
    rows = [_chip_row(entry, each) for entry, figures in known for each in figures.chips]
    return markdown_table(heads, rows, (LEFT, LEFT, *(RIGHT,) * (len(heads) - 2)))


def _chip_row(entry: Entry, figures: ChipFigures) -> tuple[object, ...]:
    counts = [f"{value:,.0f}" for value in (figures.cycles, figures.events, figures.additions)]
    return (
        entry.model,
        f"`{figures.chip}`",
        figures.rounds,
        counts[0],
        three_digits(figures.latency_us),
        *counts[1:],
        _band(figures.energy),
        *(_band(figures.ratios[machine]) for machine in MACHINES),
        ", ".join(map(str, figures.differences.zeros)),
    )


def _band(band: Band) -> str:
    low, high = band.ends
    return f"{three_digits(band.nominal)} ({three_digits(low)} .. {three_digits(high)})"


def _section(entry: Entry, figures: ModelFigures) -> Iterator[str]:
    yield from (f"## {entry.model}", "", f"{entry.system}. *{entry.paper}*, {entry.source}.", "")
    yield from (f"    shiftfire run {entry.model} {where.options}" for where in entry.chips)
    yield ""
    yield from (f"* {sentence}" for sentence in entry.arithmetic)
    yield from (
        "",
        f"![Spikes of {', '.join(entry.rasters)}, and the events of every layer]({_PICTURES}/{picture_name(entry)})",
        "",
    )
    yield from (
        f"* **Not here, or did not work**: {entry.absent}",
        f"* **Trained** by `{figures.metadata['script']}`, seed {figures.metadata['seed']}; {figures.metadata['data']}.",
    )
    yield from (_verified(where, each) for where, each in zip(entry.chips, figures.chips, strict=True))
    yield ""


def _verified(where: OnChip, figures: ChipFigures) -> str:
    different = figures.differences
    rounds = f" in {figures.rounds} rounds" if figures.rounds > 1 else ""
    verified = "one sample" if different.samples == 1 else f"{different.samples} samples"
    machines = ", ".join(f"{_dearer(figures.ratios[machine])} {machine} machine" for machine in MACHINES)
    return (
        f"* **On `{figures.chip}`**{rounds}, {figures.samples} samples at {figures.clock_mhz:g} MHz: energy is {machines}."
        f" The RTL ran {verified}: {different.events:,} events, {different.cycles:,} cycles;"
        f" {different.event_mismatches} events, {different.cycle_difference} cycles, {different.counter_mismatches} counters,"
        f" {different.prediction_mismatches} predictions differ."
    )


def _dearer(ratio: Band) -> str:
    """In words: more or less than a machine's, or within the range of the constants."""
    low, high = ratio.ends
    if low > 1:
        return "more than that of the"
    return "less than that of the" if high < 1 else "neither clearly more nor less than that of the"
