"""The signals worth looking at exist under every top, and their widths are the chip's."""

import pytest
from shiftfire_hw.signals import Signal, signal_groups
from shiftfire_hw.verilog.generate import generate
from shiftfire_spec.chip import ChipConfig, load_chip
from shiftfire_spec.counters import COUNTERS
from shiftfire_spec.packet import FLIT
from support.odd_chip import odd_chip

PATHS = {"chip": "shiftfire_chip", "wishbone": "shiftfire_chip.chip", "axi4-lite": "shiftfire_chip.chip.chip"}
IO_SIGNALS, TILE_SIGNALS = 23, 42  # counters are counted apart: a chip may have none


@pytest.mark.parametrize(
    ("chip", "top"),
    [(load_chip("nano"), top) for top in PATHS] + [(odd_chip(), "chip")],
    ids=lambda value: getattr(value, "name", value),
)
def test_nothing_is_missing(chip: ChipConfig, top: str) -> None:
    groups = signal_groups(chip, generate(chip, top=top), top=top)
    signals: dict[str, Signal] = {signal.path: signal for group in groups for signal in group.signals}
    assert len(signals) == IO_SIGNALS + (TILE_SIGNALS + (COUNTERS if chip.counter_bits else 0)) * chip.tiles
    last = f"{PATHS[top]}.mesh.tile{chip.tiles - 1}"
    assert signals[f"{last}.trace_flit"].width == FLIT.bits
    assert signals[f"{last}.core.ingress.queue.level"].width == chip.ingress_queue_depth.bit_length()
    if chip.counter_bits:
        assert signals[f"{last}.counters.fire_busy"].width == chip.counter_bits
    assert signals[f"{PATHS[top]}.io_tile.run"].width == 1
    assert [len(g.signals) for g in groups if g.name == "counters"] == ([COUNTERS] * chip.tiles if chip.counter_bits else [])


def test_what_the_verilog_does_not_have_is_left_out() -> None:
    chip = load_chip("nano")
    groups = signal_groups(chip, "module shiftfire_tile(run);\n  wire [3:0] trace_activity;\nendmodule\n")
    assert [(g.tile, [s.path for s in g.signals]) for g in groups] == [(0, ["shiftfire_chip.mesh.tile0.trace_activity"])]
