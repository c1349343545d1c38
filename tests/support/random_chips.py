"""Random chips: every parameter at awkward values, and both ends of every parameter's legal range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from shiftfire_spec.address import CONFIG_ADDRESS
from shiftfire_spec.chip import CHIP_LIMITS, MAX_TILES, OPTIONS, ChipConfig
from shiftfire_spec.weights import row_words

RTL_TILES = 9
RTL_WEIGHT_ROWS = 1 << 12
RTL_CYCLES_PER_REQUEST = 200  # of the memory; slower ones take too many cycles of the RTL


def random_chip(rng: np.random.Generator, name: str, *, max_tiles: int = 16) -> ChipConfig:
    """A chip of up to ``max_tiles`` tiles that the random networks have a fair chance to fit."""
    width = int(rng.integers(1, min(4, max_tiles) + 1))
    height = int(rng.integers(1, min(4, max_tiles // width) + 1))
    lanes = int(2 ** rng.integers(2, 7))
    accumulator_bits = int(rng.integers(18, 29))
    return ChipConfig(
        name=name,
        width=width,
        height=height,
        lanes=lanes,
        fire_lanes=int(2 ** rng.integers(0, lanes.bit_length())),
        accumulator_bits=accumulator_bits,
        membrane_bits=int(rng.integers(12, min(accumulator_bits, 20) + 1)),
        leak_terms=3,
        weight_rows=int(rng.choice([300, 512, 1024])),
        accumulator_groups=int(rng.choice([50, 128, 200])),
        parameter_groups=int(rng.choice([17, 32, 64])),
        axis_entries=int(rng.choice([33, 64, 100])),
        program_words=int(rng.choice([12, 16, 33])),
        stream_groups=int(rng.integers(2, 5)),
        delay_words=(0, 60, 300)[accumulator_bits % 3],
        requant=True,
        shift_units=True,
        dynamic_weights=True,
        multispike=True,
        currents=True,
        wide_values=True,
        resets=True,
        refractory=True,
        neuron_parameters=True,
        neuron_leaks=True,
        feedback=True,
        chains=True,
        row_windows=True,
        axon_bits=int(rng.choice([14, 17, 20])),
        tags=int(rng.choice([24, 32, 100])),
        slots=int(rng.choice([6, 8, 32])),
        regions=int(rng.choice([1, 3, 16])),
        link_queue_depth=int(rng.integers(1, 9)),
        ingress_queue_depth=int(rng.integers(1, 9)),
        egress_queue_depth=int(rng.integers(1, 9)),
        inject_queue_depth=int(rng.integers(1, 10)),
        timed_inputs=True,
        counter_bits=int(rng.choice([0, 16, 24, 32])),
        memory_address_bits=int(rng.choice([20, 24, 32])),
        memory_latency_cycles=int(rng.integers(1, 20)),
        memory_stall_period_cycles=int(rng.integers(5, 12)),
        memory_stall_cycles=int(rng.integers(0, 5)),
        clock_mhz=10.0,
    )


def parameter_ends() -> tuple[tuple[str, Any], ...]:
    """(parameter, value) of both ends of every legal range, options true and false."""
    ranges = [(name, end) for name, (low, high, _) in CHIP_LIMITS.items() for end in (low, high)]
    return (*ranges, *((name, value) for name in OPTIONS for value in (False, True)))


def chip_at(rng: np.random.Generator, name: str, ends: Mapping[str, Any]) -> ChipConfig | None:
    """A small random chip with these parameters, the others moved to what goes with them; None when some of them exclude each other."""
    values = random_chip(rng, name, max_tiles=int(rng.choice([1, 1, 2, 4, 6]))).as_dict()
    values["lanes"] = int(2 ** rng.integers(1, 5))
    values["fire_lanes"] = min(values["fire_lanes"], values["lanes"])
    values["axon_bits"] = int(rng.integers(6, 21))
    values["stream_groups"] = int(rng.integers(1, 9))
    values["leak_terms"] = int(rng.integers(0, 4))
    values |= ends
    _make_room(values, ends)
    return ChipConfig(**values) if all(values[key] == value for key, value in ends.items()) else None


def _make_room(values: dict[str, Any], ends: Mapping[str, Any]) -> None:
    """Move parameters that are not in ``ends`` to where the chip is legal."""
    if values["membrane_bits"] > values["accumulator_bits"]:
        least = "membrane_bits" if "accumulator_bits" in ends else "accumulator_bits"
        values[least] = values["accumulator_bits"] if least == "membrane_bits" else values["membrane_bits"]
    if values["fire_lanes"] > values["lanes"]:
        values["lanes" if "fire_lanes" in ends else "fire_lanes"] = (
            values["fire_lanes"] if "fire_lanes" in ends else values["lanes"]
        )
    while values["weight_rows"] * row_words(values["lanes"]) > CONFIG_ADDRESS.field("offset").maximum + 1:
        if "weight_rows" in ends:
            values["lanes"] //= 2
            values["fire_lanes"] = min(values["fire_lanes"], values["lanes"])
        else:
            values["weight_rows"] //= 2
    if values["memory_stall_cycles"] >= values["memory_stall_period_cycles"]:
        if "memory_stall_cycles" in ends:
            values["memory_stall_period_cycles"] = values["memory_stall_cycles"] + 1
        else:
            values["memory_stall_cycles"] = values["memory_stall_period_cycles"] - 1
    if values["width"] * values["height"] > MAX_TILES:
        other = "height" if "width" in ends else "width"
        values[other] = MAX_TILES // values["width" if other == "height" else "height"]
    if values["neuron_leaks"] and not values["leak_terms"]:
        values |= {"leak_terms": 1} if "neuron_leaks" in ends else {"neuron_leaks": False}
    if values["shift_units"] and not values["requant"]:
        values["shift_units" if "requant" in ends else "requant"] = "requant" not in ends


def chips_at_every_end(rng: np.random.Generator, count: int) -> tuple[ChipConfig, ...]:
    """So many chips that have every end of `parameter_ends` among them, two or more on each. Raises ValueError for a count too small."""
    ends = list(parameter_ends())
    rng.shuffle(ends)  # type: ignore[arg-type]
    if count < 2:
        raise ValueError(f"{count} chips do not hold both ends of a range: take more")
    most = -(-len(ends) // count) + 1
    chosen: list[dict[str, Any]] = [{} for _ in range(count)]
    for number, (name, value) in enumerate(ends):
        for step in range(count):
            own = chosen[(number + step) % count]
            if name not in own and len(own) < most and chip_at(rng, "trial", own | {name: value}) is not None:
                own[name] = value
                break
        else:
            raise ValueError(f"{count} chips do not hold both ends of every range: take more")
    chips = []
    for number, own in enumerate(chosen):
        chip = None
        while chip is None:
            chip = chip_at(rng, f"attack{number}", own)
        chips.append(chip)
    return tuple(chips)


def suits_rtl(chip: ChipConfig) -> bool:
    """Whether the chip's RTL is built and run in a minute or two; others are for golden and simulator."""
    open_cycles = chip.memory_stall_period_cycles - chip.memory_stall_cycles
    slow = chip.memory_stall_period_cycles > RTL_CYCLES_PER_REQUEST * open_cycles
    return chip.tiles <= RTL_TILES and max(chip.weight_rows, chip.delay_words) <= RTL_WEIGHT_ROWS and not slow
