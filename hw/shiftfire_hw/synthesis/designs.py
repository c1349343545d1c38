"""The designs that the cost table compares, at the sizes at which it does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from amaranth.lib import wiring
from shiftfire_spec.chip import OPTIONS, ChipConfig, load_chip
from shiftfire_spec.errors import ContractError
from shiftfire_spec.shift_units import PTSOFTMAX_ROW_ENTRIES

from ..baselines.layer_norm import FixedPointLayerNorm
from ..baselines.mac_array import MacArray
from ..baselines.softmax import FixedPointSoftmax
from ..core.multispike import MultiSpike
from ..standalone.bspn import BspnUnit
from ..standalone.ptsoftmax import PtSoftmaxUnit
from ..tile import Tile
from ..verilog.emit import emit_rtlil
from .fire_engine import FireEngine
from .lane_array import LaneArray
from .tools import SEEDS

CHIP = "edge"
ROW = 768  # channels of a row that is normalised: the hidden size of the published model
GROUP = 64  # channels that BSPN normalises together
ENTRY_BITS = 20
MULTIPLIER_BITS = 18  # an entry that fits one operand of ECP5's multiplier
LANES = 4
FIRE_OPTIONS = ("currents", "wide_values", "resets", "refractory")
FIRE_SEEDS = 3
TILE = "tile"
SOFTMAX_ROWS = (64, PTSOFTMAX_ROW_ENTRIES)


@dataclass(frozen=True)
class Design:
    """A design under comparison.

    shift_based: ours, without multipliers; otherwise a reference. allow_dsp: Yosys may use multiplier blocks.
    rows: entries per row for which cycles are counted; empty where there are no rows. seeds: of the placer, fewer for what takes long to place, none where the area is enough.
    """

    title: str
    build: Callable[[], wiring.Component]
    shift_based: bool
    allow_dsp: bool = True
    rows: tuple[int, ...] = ()
    seeds: tuple[int, ...] = SEEDS

    def digest(self) -> str:
        """Fingerprint of the design as Amaranth emits it: changes when the hardware may have changed."""
        text = emit_rtlil(self.build(), "top")
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def _lane_array() -> LaneArray:
    chip = load_chip(CHIP)
    return LaneArray(lanes=chip.lanes, accumulator_bits=chip.accumulator_bits)


def _mac_array(weight_bits: int) -> MacArray:
    chip = load_chip(CHIP)
    return MacArray(lanes=chip.lanes, accumulator_bits=chip.accumulator_bits, weight_bits=weight_bits)


def _ptsoftmax() -> PtSoftmaxUnit:
    return PtSoftmaxUnit(accumulator_bits=ENTRY_BITS, lanes=LANES, row_entries=PTSOFTMAX_ROW_ENTRIES)


def _softmax() -> FixedPointSoftmax:
    return FixedPointSoftmax(accumulator_bits=ENTRY_BITS, lanes=LANES, row_entries=PTSOFTMAX_ROW_ENTRIES)


def _layer_norm(group: int, bits: int = ENTRY_BITS) -> Callable[[], wiring.Component]:
    return lambda: FixedPointLayerNorm(accumulator_bits=bits, group=group, channels=ROW, lanes=LANES)


def _bspn(bits: int = ENTRY_BITS) -> Callable[[], wiring.Component]:
    return lambda: BspnUnit(accumulator_bits=bits, group=GROUP, channels=ROW, lanes=LANES)


def _multispike() -> MultiSpike:
    chip = load_chip(CHIP)
    return MultiSpike(accumulator_bits=chip.accumulator_bits, membrane_bits=chip.membrane_bits)


def _fire_engine(*options: str) -> Callable[[], wiring.Component]:
    """A fire engine of LIF, COUNT and ARGMAX, with ``options`` of the chip."""
    known = dict.fromkeys(OPTIONS, False) | dict.fromkeys(options, True)
    return lambda: FireEngine(chip=replace(load_chip(CHIP), **known))


def _fire_engines() -> dict[str, Design]:
    """The engine without the options of neurons, with each one that changes it throughout, and with all of those."""
    engines = {"": (), **{f"_{option}": (option,) for option in FIRE_OPTIONS}, "_all": FIRE_OPTIONS}
    titles = {"": "without", **{f"_{option}": f"with `{option}`" for option in FIRE_OPTIONS}, "_all": "with all of them"}
    return {
        f"fire{suffix}": Design(titles[suffix], _fire_engine(*options), shift_based=True, seeds=SEEDS[:FIRE_SEEDS])
        for suffix, options in engines.items()
    }


def _without(chip: ChipConfig, option: str) -> ChipConfig | None:
    """The chip without ``option``; None when something else on it needs that."""
    try:
        return replace(chip, **{option: type(getattr(chip, option))()})  # false, or 0
    except ContractError:
        return None


def _tile(chip: ChipConfig) -> Callable[[], wiring.Component]:
    return lambda: Tile(chip=chip)


def _tiles() -> dict[str, Design]:
    """The tile of `CHIP`, whole and without one option each: what an option adds is the difference."""
    chip = load_chip(CHIP)
    designs = {TILE: Design("tile", _tile(chip), shift_based=True, seeds=())}
    for option in (*OPTIONS, "delay_words"):
        lesser = _without(chip, option) if getattr(chip, option) else None
        if lesser is not None:
            designs[f"{TILE}_{option}"] = Design(f"tile without {option}", _tile(lesser), shift_based=True, seeds=())
    return designs


def _compared() -> dict[str, Design]:
    """Designs with every block of the device at hand, beside each other what belongs together."""
    narrow, groups = f"{MULTIPLIER_BITS}-bit entries", f"groups of {GROUP}"

    def ours(title: str, build: Callable[[], wiring.Component], *rows: int) -> Design:
        return Design(title, build, shift_based=True, rows=rows)

    def reference(title: str, build: Callable[[], wiring.Component], *rows: int) -> Design:
        return Design(title, build, shift_based=False, rows=rows)

    return {
        "ptsoftmax": ours("PTSOFTMAX", _ptsoftmax, *SOFTMAX_ROWS),
        "softmax": reference("fixed-point softmax", _softmax, *SOFTMAX_ROWS),
        "bspn": ours(f"BSPN, {groups}", _bspn(), ROW),
        "layer_norm": reference(f"layer norm, {groups}", _layer_norm(GROUP), ROW),
        "layer_norm_row": reference(f"layer norm, rows of {ROW}", _layer_norm(ROW), ROW),
        "bspn_narrow": ours(f"BSPN, {groups}, {narrow}", _bspn(MULTIPLIER_BITS), ROW),
        "layer_norm_narrow": reference(f"layer norm, {groups}, {narrow}", _layer_norm(GROUP, MULTIPLIER_BITS), ROW),
        "lanes": ours("lane array", _lane_array),
        "mac4": reference("MAC array, 4-bit weights", lambda: _mac_array(4)),
        "mac8": reference("MAC array, 8-bit weights", lambda: _mac_array(8)),
        "multispike": ours("multi-spike unit of a fire lane", _multispike),
        **_fire_engines(),
    }


def _designs() -> dict[str, Design]:
    designs: dict[str, Design] = {}
    for name, design in _compared().items():
        designs[name] = design
        if not design.shift_based:
            designs[f"{name}_nodsp"] = replace(design, allow_dsp=False)
    return designs | _tiles()


DESIGNS: Mapping[str, Design] = MappingProxyType(_designs())
"""Designs by name, in the order of the tables; ``_nodsp``: the same reference without multiplier blocks."""
