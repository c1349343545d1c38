"""The signals of a chip that are worth looking at, tile by tile, found in its Verilog."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.counters import Counter
from shiftfire_spec.packet import Port

from .modules import CHIP_MODULE, TILE_MODULE
from .tile import LINKS
from .verilog.text import wire_widths

# Modules around the chip, by top.
_BUS_LAYERS = {"chip": 0, "wishbone": 1, "wishbone-classic": 1, "axi4-lite": 2, "axi4-lite-classic": 2}


class Radix(StrEnum):
    """How a value reads best."""

    BINARY = "bin"
    OCTAL = "oct"
    DECIMAL = "dec"
    HEXADECIMAL = "hex"


@dataclass(frozen=True)
class Signal:
    """A signal: hierarchical name from the top module on, width in bits."""

    path: str
    width: int
    radix: Radix


@dataclass(frozen=True)
class SignalGroup:
    """Signals of one part of one tile; ``tile`` is None for the I/O tile."""

    tile: int | None
    name: str
    signals: tuple[Signal, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "tile": "io" if self.tile is None else self.tile,
            "group": self.name,
            "signals": [{"path": signal.path, "width": signal.width} for signal in self.signals],
        }


def _link_signals() -> Iterator[tuple[str, Radix]]:
    for port in LINKS:
        for link in (f"link_in__{port.value}", f"link_out__{port.value}"):
            yield from ((f"{link}__{wire}", Radix.BINARY) for wire in ("valid", "ready"))


# Path within the part, radix. Only names that do not depend on the inside of an engine, and that Amaranth need not make unique.
_BITS, _OCT, _DEC, _HEX = Radix.BINARY, Radix.OCTAL, Radix.DECIMAL, Radix.HEXADECIMAL
_IO_SIGNALS: Mapping[str, tuple[tuple[str, Radix], ...]] = {
    "run": (("clk", _BITS), ("run", _BITS), ("cycle", _DEC), ("interrupt", _BITS)),
    "inject": (
        ("trace_inject__valid", _BITS),
        ("trace_inject__flit", _HEX),
        ("inject.fetch.words.level", _DEC),
        ("inject.opened", _BITS),
    ),
    "collect": (
        ("trace_collect__valid", _BITS),
        ("trace_collect__flit", _HEX),
        ("collect.packets.level", _DEC),
        ("collect.ended", _DEC),
        ("collect.finished", _BITS),
    ),
    "memory port": (
        ("memory__req_valid", _BITS),
        ("memory__req_ready", _BITS),
        ("memory__req_write", _BITS),
        ("memory__req_address", _HEX),
        ("memory__req_data", _HEX),
        ("memory__rsp_valid", _BITS),
        ("memory__rsp_data", _HEX),
    ),
    "configuration": (("config.busy", _BITS), ("chain_o__valid", _BITS), ("chain_i__valid", _BITS)),
}
_TILE_SIGNALS: Mapping[str, tuple[tuple[str, Radix], ...]] = {
    "activity (octal: egress, fire, integrate)": (("trace_activity", _OCT),),
    "packets of the core": (("trace_valid", _BITS), ("trace_flit", _HEX)),
    "links": tuple(_link_signals()),
    "queue levels": (
        *((f"router.queue_{port.name.lower()}.level", _DEC) for port in Port),
        ("core.ingress.queue.level", _DEC),
        ("core.egress_queue.level", _DEC),
    ),
    "integrate": (
        ("core.integrate.sequencer.fsm_state", _DEC),
        ("core.integrate.sequencer.pc", _DEC),
        ("core.integrate.sequencer.group_index", _DEC),
        ("core.integrate.sequencer.receiving", _BITS),
        ("core.integrate.sequencer.waiting_fire", _BITS),
        ("core.integrate.sequencer.fire__bank", _BITS),
        ("core.integrate.address_generator.beat_valid", _BITS),
    ),
    "fire": (
        ("core.integrate.sequencer.fire__start", _BITS),
        ("core.integrate.sequencer.fire__idle", _BITS),
        ("core.encoder.i__valid", _BITS),
        ("core.encoder.i__ready", _BITS),
    ),
    "egress": (
        ("core.egress.i__valid", _BITS),
        ("core.egress.sending", _BITS),
        ("core.egress.opened", _BITS),
        ("core.egress.credit__request", _BITS),
        ("core.egress.o__valid", _BITS),
    ),
    "counters": tuple((f"counters.{counter.name.lower()}", _DEC) for counter in Counter),
}


def signal_groups(chip: ChipConfig, verilog: str, *, top: str = "chip") -> tuple[SignalGroup, ...]:
    """The signals worth looking at in ``verilog``, which is what `generate` makes of ``chip`` and ``top``: the I/O tile's, then each tile's.

    A signal that the Verilog does not have is left out.
    """
    widths = wire_widths(verilog)  # Amaranth names modules after their place in the hierarchy
    path = CHIP_MODULE + _BUS_LAYERS[top] * ".chip"
    groups = [_group(widths, None, name, f"{path}.io_tile", f"{path}.io_tile", listed) for name, listed in _IO_SIGNALS.items()]
    for tile in range(chip.tiles):
        place = f"{path}.mesh.tile{tile}"
        groups += [_group(widths, tile, name, place, TILE_MODULE, listed) for name, listed in _TILE_SIGNALS.items()]
    return tuple(group for group in groups if group.signals)


def _group(
    widths: Mapping[str, int], tile: int | None, name: str, place: str, module: str, listed: tuple[tuple[str, Radix], ...]
) -> SignalGroup:
    """The signals that exist, of a part that is at ``place`` in the hierarchy and whose modules' names begin with ``module``."""
    found = [(path, widths.get(f"{module}.{path}"), radix) for path, radix in listed]
    return SignalGroup(tile, name, tuple(Signal(f"{place}.{path}", width, radix) for path, width, radix in found if width))
