"""Runs: samples through a compiled network, on any execution."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from ..backends.backend import Backend, Progress
from ..backends.find import find_backend
from ..energy.table import DEFAULT_MOVEMENT, load_table
from ..errors import InputError
from ..network.graph import Network
from ..network.inputs import expand_inputs
from ..network.values import IntArray
from ..system.plan import plan_rounds
from .chips import DEFAULT_CHIP
from .compiled import ChipLike, Compiled, compile
from .result import Result

RECORDS = ("events",)  # what `run` can record beside figures


def backend(name: str = "sim", **settings: Any) -> Backend:
    """An execution by name: ``sim``, ``golden``, ``rtl`` (waves=), ``board`` (port, baud=, timeout=), ``cocotb``.

    Raises InputError for an unknown name or setting.
    """
    return find_backend(name, **settings)


def run(
    network: Network | Compiled,
    inputs: Any,
    *,
    labels: IntArray | None = None,
    chip: ChipLike | None = None,
    backend: str | Backend = "sim",
    spread: bool = True,
    layers_at_once: int | None = None,
    recentre: int | None = None,
    movement: str = DEFAULT_MOVEMENT,
    record: Collection[str] = (),
    progress: Progress | None = None,
) -> Result:
    """Run ``inputs`` through ``network`` on a chip (edge, when none is given), or through a compiled network.

    ``inputs`` (samples, [timesteps,] channels, height, width), or what `expand_inputs` makes that of; ``labels`` (samples,) for the accuracy. ``record``: "events" keeps every event of every engine.
    ``spread`` and ``layers_at_once`` as in `compile`; ``recentre``: dead zone of streams coded from their most frequent level on these inputs.
    ``movement``: energy constant for moving events. ``progress(done, total)`` is called now and then.
    Raises NetworkError for inputs that do not fit, CompileError, RunError, InputError; with a compiled network, options of compilation are an InputError.
    """
    execution = find_backend(backend) if isinstance(backend, str) else backend
    load_table().movement(movement)
    _check_records(record)
    inputs = inputs_of(network, inputs)
    compiled = compiled_for(network, inputs, chip, spread=spread, layers_at_once=layers_at_once, recentre=recentre)
    if labels is not None and np.shape(labels) != (len(inputs),):
        raise InputError(f"labels have shape {np.shape(labels)}: give one for each of the {len(inputs)} samples")
    plans = plan_rounds(compiled.schedule, inputs)
    results = execution.run(plans, trace="events" in record, progress=progress)
    return Result(compiled.schedule, results, labels, movement, compiled.recentred)


def inputs_of(network: Network | Compiled, inputs: Any) -> IntArray:
    """Inputs as (samples, timesteps, channels, height, width), int64: see `expand_inputs`. Raises NetworkError."""
    return expand_inputs((network.network if isinstance(network, Compiled) else network).input, inputs)


def compiled_for(
    network: Network | Compiled,
    inputs: IntArray,
    chip: ChipLike | None,
    *,
    spread: bool = True,
    layers_at_once: int | None = None,
    recentre: int | None = None,
) -> Compiled:
    """``network`` compiled as asked for, its inputs having been looked at before. Raises as `run`."""
    if isinstance(network, Compiled):
        if chip is not None or layers_at_once is not None or recentre is not None or not spread:
            raise InputError(
                f"{network!r} is compiled already: give chip and other options to `compile`, or the network itself here"
            )
        return network
    recentre_on = None if recentre is None else (inputs, recentre)
    return compile(
        network, DEFAULT_CHIP if chip is None else chip, spread=spread, layers_at_once=layers_at_once, recentre_on=recentre_on
    )


def _check_records(record: Collection[str]) -> None:
    if isinstance(record, str):
        raise InputError(f"record={record!r}: give a list, such as [{record!r}]")
    for name in record:
        if name not in RECORDS:
            raise InputError(f"record {name!r}: there are {', '.join(RECORDS)}")
