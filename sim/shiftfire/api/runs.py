"""Runs: samples through a compiled network, on any execution."""

from __future__ import annotations

import warnings
from collections.abc import Collection
from typing import Any

from ..backends.backend import Ability, Backend, Progress
from ..backends.find import BACKENDS, find_backend
from ..energy.table import DEFAULT_MOVEMENT, load_table
from ..errors import InputError
from ..network.build.builder import frozen
from ..network.build.values import shown
from ..network.input_sets import Inputs, expand_all, plain, sample_count
from ..network.real_time import RealTime
from ..optimise.critical_path import path_samples
from ..system.batches import batch_sizes, round_results
from ..system.densities import densities
from ..system.main_memory import main_memory_traffic
from ..system.plan import plan_rounds
from ..system.silence import silent_layers
from .chips import DEFAULT_CHIP
from .compiled import ChipLike, Compiled, NetworkLike, compile
from .converted import Converted
from .labels import labels_of
from .result import Result


class SilentLayerWarning(UserWarning):
    """A layer never fired in a run: whatever it was to do, it did not."""


RECORDS = ("events", "spikes", "membrane")  # what `run` can record beside figures


def backend(name: str = "sim", **settings: Any) -> Backend:
    """An execution by name: ``sim``, ``golden``, ``rtl`` (waves=), ``board`` (port, baud=, timeout=), ``cocotb``.

    Raises InputError for an unknown name or setting.
    """
    return find_backend(name, **settings)


def run(
    network: NetworkLike | Compiled,
    inputs: Any,
    *,
    labels: Any = None,
    chip: ChipLike | None = None,
    backend: str | Backend = "sim",
    spread: bool = True,
    layers_at_once: int | None = None,
    recentre: int | None = None,
    optimise: str | None = None,
    effort: int = 0,
    movement: str = DEFAULT_MOVEMENT,
    record: Collection[str] = (),
    progress: Progress | None = None,
) -> Result:
    """Run ``inputs`` through ``network`` on a chip (edge, when none is given), or through a compiled network.

    ``inputs`` (samples, [timesteps,] channels, height, width), or what `expand_inputs` makes that of, in a dict by
    name where the network has several inputs; what `real_time` gives comes when its events do; ``labels`` (samples,), indices of
    the output layer's channels, for the accuracy.
    ``record``: "events" keeps every event of every engine; "spikes" what every input and layer emitted, as arrays; "membrane" what every step stores in the membranes, after
    the reset. Golden's values are golden's, the RTL's are those that it wrote (on a chip that is built to show them), the simulator takes membranes from golden; a board has none.
    ``spread``, ``layers_at_once``, ``optimise`` and ``effort`` as in `compile`, on these inputs; ``recentre``: dead zone of streams coded from their most frequent level on these inputs.
    ``movement``: energy constant for moving events. ``progress(done, total)`` is called now and then.
    A layer that never fires is named in a `SilentLayerWarning`, and in the result's ``silent``.
    Raises NetworkError for inputs that do not fit, CompileError, RunError, InputError; with a compiled network, options of compilation are an InputError.
    """
    execution = find_backend(backend) if isinstance(backend, str) else backend
    if not hasattr(execution, "abilities"):
        raise InputError(f"backend {shown(backend)}: give a name ({', '.join(BACKENDS)}), or what sf.backend gives")
    load_table().movement(movement)
    check_records(record, RECORDS)
    _check_ability(execution, record)
    given = inputs_of(network, inputs)
    compiled = compiled_for(
        network,
        values_of(given),
        chip,
        spread=spread,
        layers_at_once=layers_at_once,
        recentre=recentre,
        optimise=optimise,
        effort=effort,
    )
    known = labels_of(compiled.network, labels, sample_count(values_of(given)))
    timed = isinstance(given, RealTime)
    seen = 0 if timed else path_samples(compiled.schedule, sample_count(values_of(given)))
    plans = plan_rounds(compiled.schedule, given, membranes="membrane" in record, seen=seen)
    results = round_results(plans, execution.run(plans, trace=bool({"events", "spikes"} & set(record)), progress=progress))
    silent = silent_layers(compiled.network, plans, values_of(given))
    for layer in silent:
        warnings.warn(SilentLayerWarning(layer.sentence()), stacklevel=2)
    return Result(
        compiled.schedule,
        results,
        known,
        movement,
        compiled.recentred,
        silent=silent,
        seen=plans[0].seen,
        densities=densities(compiled.network, plans, values_of(given)),
        traffic=main_memory_traffic(plans),
        record=frozenset(record),
        batches=batch_sizes(plans),
    )


def values_of(inputs: Inputs | RealTime) -> Inputs:
    """The values, without their times."""
    return inputs.values if isinstance(inputs, RealTime) else inputs


def inputs_of(network: NetworkLike | Compiled, inputs: Any) -> Inputs | RealTime:
    """Inputs as (samples, timesteps, channels, height, width), int64, by name where there are several: see `expand_inputs`. Raises NetworkError.

    Of a network that was converted they may be real, and are rounded as it says. Those in real time are looked at when they are planned.
    """
    if isinstance(inputs, RealTime):
        return inputs
    if isinstance(network, Converted):
        inputs = network.integers(inputs)
    return plain(expand_all((network.network if isinstance(network, Compiled) else frozen(network)).inputs, inputs))


def compiled_for(
    network: NetworkLike | Compiled,
    inputs: Inputs,
    chip: ChipLike | None,
    *,
    spread: bool = True,
    layers_at_once: int | None = None,
    recentre: int | None = None,
    optimise: str | None = None,
    effort: int = 0,
) -> Compiled:
    """``network`` compiled as asked for, its inputs having been looked at before. Raises as `run`."""
    if isinstance(network, Compiled):
        if chip is not None or layers_at_once is not None or recentre is not None or not spread or optimise is not None or effort:
            raise InputError(
                f"{network!r} is compiled already: give chip and other options to `compile`, or the network itself here"
            )
        return network
    recentre_on = None if recentre is None else (inputs, recentre)
    return compile(
        network,
        DEFAULT_CHIP if chip is None else chip,
        spread=spread,
        layers_at_once=layers_at_once,
        recentre_on=recentre_on,
        optimise=optimise,
        effort=effort,
        optimise_on=inputs,
    )


def check_records(record: Collection[str], known: Collection[str]) -> None:
    """Raise InputError unless ``record`` is a list of names in ``known``."""
    if isinstance(record, str):
        raise InputError(f"record={record!r}: give a list, such as [{record!r}]")
    for name in record:
        if name not in known:
            raise InputError(f"record {name!r}: there are {', '.join(known)}")


def _check_ability(execution: Backend, record: Collection[str]) -> None:
    """Raise InputError when the execution does not see what is to be recorded."""
    for name, ability, what in (("spikes", Ability.TRACE, "packets of the cores"), ("membrane", Ability.MEMBRANES, "membranes")):
        if name in record and ability not in execution.abilities:
            raise InputError(f"record {name!r}: backend {execution.name} does not see {what}; take golden, sim or rtl")
