"""Tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.table import Table
from shiftfire_spec.counters import Counter

from ..compiler.optimised import Optimised
from ..compiler.schedule import Schedule
from ..energy.corners import Band
from ..energy.parts import Clock, EnergyEstimate
from .layers import LayerRow, layer_rows
from .run import Run
from .summary import Spread, TileRow, tile_rows

SHOWN_PREDICTIONS = 20
SHOWN_TRIALS = 5


def show(console: Console, title: str, table: Table) -> None:
    """Print a title, then the table."""
    console.print(title, style="bold", markup=False, soft_wrap=True)
    console.print(table)


def grid(*columns: str) -> Table:
    """A plain table: first column left, the others right; no head when the columns have no names."""
    table = Table(box=None, pad_edge=False, header_style="bold", show_header=any(columns))
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=number == 0)
    return table


def print_run(console: Console, run: Run) -> None:
    """Predictions, cycles, rounds, layers, tiles and energy of a run, as far as they are known."""
    show(console, run.title, _headline(run))
    if not run.schedule.resident:
        console.print()
        show(console, "rounds; weights of later ones are loaded beside the run as far as possible", rounds_table(run))
    for silent in run.silent:
        console.print(silent.sentence(), style="yellow", markup=False, soft_wrap=True)
    for title, table in optimised_tables(run.schedule):
        console.print()
        show(console, title, table)
    layers = layer_rows(run)
    if layers:
        console.print()
        show(console, "layers: cycles of the busiest core, counts and energy of all cores", layer_table(layers))
    if run.schedule.resident:
        tiles = tile_rows(run.schedule.rounds[0].program, run.rounds[0])
        if tiles:
            console.print()
            show(console, "tiles in use: shares of the run's cycles, and counts", tile_table(tiles, run.cycles or 0))
    if run.energies:
        console.print()
        show(console, "energy per inference, nJ (an estimate: docs/reference/energy.md)", energy_table(run.energies))
    _print_bottleneck(console, run)


def _print_bottleneck(console: Console, run: Run) -> None:
    """What the run waits for; in rounds, what is not spent in them is told too."""
    if run.cycles is None or run.real_time is not None:
        return
    console.print()
    if run.bottleneck is None:
        console.print(
            "bottleneck: a prediction would take as long as the run; `shiftfire why` makes it", markup=False, soft_wrap=True
        )
        return
    for line in run.bottleneck.lines():
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if run.total_cycles is not None and run.cycles is not None and not run.schedule.resident:
        between = run.total_cycles - run.cycles
        console.print(f"beside the rounds' runs, configurations and loading take {between:,} cycles", markup=False, soft_wrap=True)


def _headline(run: Run) -> Table:
    table = grid("", "")
    table.columns[1].justify = "left"
    clock = run.chip.clock_mhz
    if run.predictions is not None:
        shown = " ".join(str(p) for p in run.predictions[:SHOWN_PREDICTIONS].tolist())
        table.add_row("predictions", shown + (" ..." if run.samples > SHOWN_PREDICTIONS else ""))
    if run.values is not None:
        shown = " ".join(f"{value:.4g}" for value in run.values[:SHOWN_PREDICTIONS].tolist())
        table.add_row("values", shown + (" ..." if run.samples > SHOWN_PREDICTIONS else ""))
    if run.accuracy is not None:
        table.add_row("accuracy", f"{run.accuracy:.2%}  ({round(run.accuracy * run.samples)} of {run.samples})")
    if run.cycles is not None and run.schedule.resident:
        table.add_row("cycles", f"{run.cycles:,}  (configuration: {run.config_cycles or 0:,} before)")
    elif run.cycles is not None:
        total = run.total_cycles or 0
        whole = f"configurations and loading with them: {total:,}; {total / clock / 1e3:,.3f} ms at {clock:g} MHz"
        table.add_row("cycles", f"{run.cycles:,}  ({whole})")
    if run.latency is not None:
        spread = tuple(run.latency.as_dict().items())
        table.add_row("latency, cycles", "  ".join(f"{k} {v:,.0f}" for k, v in spread))
        table.add_row(f"latency at {clock:g} MHz", "  ".join(f"{k} {v / clock:,.2f} us" for k, v in spread))
    for name, cycles in (("last event", run.reactions), ("end of bin", run.bin_reactions)):
        if cycles is not None:
            spread = tuple(Spread.of(cycles).as_dict().items())
            table.add_row(f"{name} to decision", "  ".join(f"{k} {v / clock:,.2f} us" for k, v in spread))
    if run.real_time is not None:
        latest, mean = int(run.real_time.latest.max()), float(run.real_time.mean_late.mean())
        table.add_row("late, cycles", f"mean {mean:,.1f}  max {latest:,} (sample {int(run.real_time.latest.argmax())})")
    if run.inferences_per_second is not None:
        table.add_row(f"throughput at {clock:g} MHz", f"{run.inferences_per_second:,.0f} inferences/s")
    return table


def optimised_tables(schedule: Schedule) -> Iterator[tuple[str, Table]]:
    """Titles and tables of what each round's mapping was chosen for, if more was asked for than the default."""
    for number, chosen in enumerate(schedule.optimised):
        if chosen is not None and chosen.asked:
            title = optimised_title(chosen)
            yield title if schedule.resident else f"round {number}: {title}", trial_table(chosen)


def optimised_title(chosen: Optimised) -> str:
    """What a mapping was chosen for, and how."""
    before, after = chosen.hops
    ran = f", {len(chosen.trials)} run in the simulator" if chosen.trials else ""
    return f"mapping for {chosen.objective}: {chosen.evaluated} predicted{ran}; packets x hops per sample {before:,.0f} -> {after:,.0f}"


def trial_table(chosen: Optimised) -> Table:
    """The best of the mappings that the simulator ran, predicted beside measured cycles."""
    table = grid("cores by layer", "cycles predicted", "measured", "error", chosen.objective.figure)
    for trial in chosen.trials[:SHOWN_TRIALS]:
        cores = "+".join(str(count) for count in trial.cores.values())
        error = f"{trial.predicted / trial.cycles - 1:+.1%}"
        table.add_row(cores, f"{trial.predicted:,}", f"{trial.cycles:,}", error, f"{trial.figure:,.1f}")
    return table


def policy_title(schedule: Schedule) -> str:
    """A heading for `policy_table`."""
    return f"ways to run the rounds, predicted for {schedule.policies[0].samples} samples (docs/rounds.md)"


def policy_table(schedule: Schedule) -> Table:
    """The ways that were compared, and which was taken."""
    table = grid("order", "loaded beside", "held words", "entries before", "beside", "cycles predicted", "")
    for trial in schedule.policies:
        numbers = (f"{n:,}" for n in (trial.before, trial.beside, trial.cycles))
        table.add_row(
            trial.order, trial.prefetch, "kept" if trial.keeps else "written again", *numbers, "taken" if trial.taken else ""
        )
    return table


def rounds_table(run: Run) -> Table:
    """A row per round."""
    table = grid("round", "layers", "cores", "configuration", "run", "loading beside", "events", "stored")
    for number, (part, result) in enumerate(zip(run.schedule.rounds, run.rounds, strict=True)):
        program = part.program
        names = [layer.name for layer in program.network.layers]
        events = "-" if result.counters is None else f"{int(result.counters[:, Counter.EVENTS_OUT].sum()):,}"
        cycles = (result.config_cycles, result.cycles, result.loading_cycles)
        table.add_row(
            str(number),
            names[0] if len(names) == 1 else f"{names[0]} .. {names[-1]}",
            str(len(program.cores)),
            *("-" if c is None else f"{c:,}" for c in cycles),
            events,
            ", ".join(program.network.stored) or "-",
        )
    return table


def layer_table(rows: list[LayerRow]) -> Table:
    """A row per layer."""
    table = grid("layer", "cores", "integrate cycles", "fire cycles", "events in", "events out", "beats", "energy, nJ")
    for row in rows:
        counts = (row.cores, row.integrate_cycles, row.fire_cycles, row.events_in, row.events_out, row.beats)
        table.add_row(row.layer, *(f"{count:,}" for count in counts), f"{row.nanojoules:,.1f}")
    return table


def tile_table(rows: list[TileRow], cycles: int) -> Table:
    """Tiles in use; times as shares of the run's cycles."""
    shares = (
        ("wait event", Counter.INTEGRATE_WAIT_EVENT),
        ("wait fire", Counter.INTEGRATE_WAIT_FIRE),
        ("wait downstream", Counter.INTEGRATE_WAIT_DOWNSTREAM),
        ("fire", Counter.FIRE_BUSY),
        ("wait credit", Counter.EGRESS_WAIT_CREDIT),
        ("stall", Counter.EGRESS_STALL),
    )
    counts = (("events in", Counter.EVENTS_IN), ("events out", Counter.EVENTS_OUT), ("beats", Counter.BEATS))
    table = grid("layer", "tile", "utilisation", *(s[0] for s in shares), *(c[0] for c in counts))
    for row in rows:
        table.add_row(
            row.layer,
            str(row.tile),
            f"{row.utilisation:.1%}",
            *(f"{row.counters[c.name] / cycles:.1%}" for _, c in shares),
            *(f"{row.counters[c.name]:,}" for _, c in counts),
        )
    return table


def energy_table(estimates: tuple[EnergyEstimate, ...]) -> Table:
    """Estimates side by side, nanojoules per inference by part; ranges are those of the table's constants, ratios those of the first to the others in one corner."""
    groups = [estimate.by_group() for estimate in estimates]
    table = grid("part", *(e.title for e in estimates))

    def row(name: str, bands: Iterable[Band | None], style: str | None = None) -> None:
        table.add_row(name, *("-" if band is None else f"{band.nominal / 1e3:,.2f}" for band in bands), style=style)

    def ends(name: str, bands: Iterable[Band]) -> None:
        table.add_row(name, *(f"{band.ends[0] / 1e3:,.2f} .. {band.ends[1] / 1e3:,.2f}" for band in bands))

    for part in dict.fromkeys(name for group in groups for name in group):
        row(part, (group.get(part) for group in groups))
    row("events", (e.per_inference for e in estimates), style="bold")
    ends("range", (e.per_inference for e in estimates))
    row("leakage", (e.sum_of(e.leakage) for e in estimates))
    for clock in Clock:
        row(f"clock, {clock}", (e.sum_of(e.clocks[clock]) for e in estimates))

    def total(name: str, totals: list[Band]) -> None:
        row(name, totals, style="bold")
        ends("range", totals)
        ratios = (totals[0].over(total).ends for total in totals[1:])
        table.add_row("shiftfire over it", "", *(f"{low:.2f} .. {high:.2f}" for low, high in ratios))

    for clock in Clock:
        total(f"total, {clock}", [e.total(clock) for e in estimates])
    if estimates and estimates[0].main_memory:
        row("main memory", (e.sum_of(e.main_memory) for e in estimates))
        total(f"with it, {Clock.GATED}", [e.with_main_memory(Clock.GATED) for e in estimates])
    return table
