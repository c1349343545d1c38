"""Verification: golden, simulator and RTL on the same samples, difference zero."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..backends.backend import Progress
from ..backends.toolchain import rtl_errors
from ..errors import InputError
from ..network.input_sets import sample_count
from ..system.plan import RunError
from .compiled import ChipLike, Compiled, NetworkLike
from .labels import labels_of
from .runs import check_records, compiled_for, inputs_of, values_of

VERIFY_RECORDS = ("membrane",)

if TYPE_CHECKING:
    from pathlib import Path

    from shiftfire_hw.synthesis.netlist import Family
    from shiftfire_spec.chip import ChipConfig

    from ..backends.waves import Waves
    from ..verification.verify import Verification


def verify(
    network: NetworkLike | Compiled,
    inputs: Any,
    *,
    labels: Any = None,
    chip: ChipLike | None = None,
    spread: bool = True,
    layers_at_once: int | None = None,
    recentre: int | None = None,
    optimise: str | None = None,
    effort: int = 0,
    fault: str | None = None,
    netlist: str | None = None,
    waves: Waves | None = None,
    record: Collection[str] = (),
    progress: Progress | None = None,
) -> Verification:
    """Run ``inputs`` on golden, simulator and RTL, and compare every event, cycle and counter: ``verify(...).assert_equal()``.

    Arguments are those of `run`. ``fault`` (TILE:MEMORY:ADDRESS:BIT) flips a bit in the RTL's first round; ``netlist`` (ecp5, ice40) puts the netlist of the tiles in
    the place of their RTL; ``waves`` are those of the RTL. ``record``: "membrane" compares what the RTL stores in the membranes as well, on a chip that is built to show it. The first verification on a chip builds its RTL, which takes a minute or more.
    Raises as `run`, FaultError for a fault that cannot be, RunError when the RTL's tools fail.
    """
    from shiftfire_hw.testing.toolchain import cache_directory  # lazy: nothing else here needs the RTL's tools

    from ..backends.fault import Fault
    from ..verification import verify as comparison

    check_records(record, VERIFY_RECORDS)
    family = None if netlist is None else _family(netlist, waves)
    if family is not None and record:
        raise InputError(f"--netlist {netlist}: netlists do not show their membranes; compare those with the RTL's")
    wanted = None if fault is None else Fault.parse(fault)
    cache_directory()
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
    if wanted is not None:
        wanted.apply(compiled.schedule.rounds[0].program)  # before anything long runs
    with rtl_errors():
        built = None if family is None else _build_netlist(family, compiled.chip)
        found = comparison.verify(
            compiled.schedule,
            given,
            labels=known,
            fault=wanted,
            progress=progress,
            waves=waves,
            built=built,
            membranes="membrane" in record,
        )
    return replace(found, run=replace(found.run, recentred=compiled.recentred), netlist=netlist)


def _family(name: str, waves: Waves | None) -> Family:
    """The netlist's family, with its tools there. Raises InputError."""
    from shiftfire_hw.synthesis.netlist import Family, yosys_version
    from shiftfire_hw.synthesis.tools import SynthesisError

    if name not in list(Family):
        raise InputError(f"--netlist {name}: there are {', '.join(Family)}")
    if waves is not None:
        raise InputError(f"--netlist {name} and --waves {waves.path} exclude each other: the signals of waves are those of the RTL")
    try:
        yosys_version()
    except SynthesisError as error:
        raise InputError(f"--netlist {name}: {error}") from None
    return Family(name)


def _build_netlist(family: Family, chip: ChipConfig) -> Path:
    """The harness of the chip with netlists for tiles. Raises RunError when Yosys fails."""
    from shiftfire_hw.synthesis.tools import SynthesisError
    from shiftfire_hw.testing.chip_harness import build_netlist_harness

    try:
        return build_netlist_harness(chip, family)
    except SynthesisError as error:
        raise RunError(str(error)) from error
