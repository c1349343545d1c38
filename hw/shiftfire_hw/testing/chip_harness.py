"""A chip's RTL as a native program: Verilog, Verilator, C++ harness, built once per chip and kept."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.render.c_header import render_c_header

from ..membrane_trace import membrane_trace
from ..modules import CHIP_MODULE, TILE_MODULE
from ..synthesis.netlist import Family, cell_models, tile_netlist, yosys_version
from ..verilog.generate import generate, generate_watched
from ..verilog.text import module_texts
from .native import DESIGN, build_program, source_identity
from .waves import WaveFormat

HARNESS = "harness.cpp"


def membrane_words(chip: ChipConfig) -> int:
    """32-bit words of `membrane_trace`, as the harness writes it."""
    return -(-membrane_trace(chip).size // 32)


def _trace_header(chip: ChipConfig, *, membranes: bool) -> str:
    """C++ that visits the tiles whose core sends a packet in this cycle, every tile's engine activities, and with ``membranes`` those."""
    lines = ["#pragma once", "template <typename Top, typename Visit> void for_each_trace(const Top &top, Visit visit) {"]
    if chip.tiles > 64:
        test = [f"(top.trace_valid[{n // 32}] >> {n % 32}) & 1" for n in range(chip.tiles)]
    else:
        lines.append("    if (!top.trace_valid) return;")
        test = [f"(top.trace_valid >> {n}) & 1" for n in range(chip.tiles)]
    lines += [f"    if ({test[n]}) visit({n}, top.trace_flit___05F{n});" for n in range(chip.tiles)]
    lines += ["}", "template <typename Top, typename Visit> void for_each_activity(const Top &top, Visit visit) {"]
    lines += [f"    visit({n}, top.trace_activity___05F{n});" for n in range(chip.tiles)]
    lines += ["}", "template <typename Top, typename Visit> void for_each_membrane(const Top &top, Visit visit) {"]
    lines += [f"    visit({n}, top.trace_membrane___05F{n});" for n in range(chip.tiles) if membranes]
    words = membrane_words(chip) if membranes else 0
    return "\n".join([*lines, "}", f"constexpr int TILES = {chip.tiles}, MEMBRANE_WORDS = {words};", ""])


def _harness_sources(chip: ChipConfig, *, membranes: bool = False) -> dict[str, str]:
    """All but the design."""
    return {
        HARNESS: (resources.files("shiftfire_hw.testing") / HARNESS).read_text(),
        "chip_traces.h": _trace_header(chip, membranes=membranes),
        "shiftfire_contract.h": render_c_header(),
    }


def build_harness(chip: ChipConfig, *, flat: bool = False, waves: WaveFormat | None = None, membranes: bool = False) -> Path:
    """Path of the chip's harness program, built unless the same sources were built by the same tools before. Raises RtlError.

    The tile is compiled once and instantiated (hierarchical Verilation), which builds a large mesh three times as fast; ``flat`` compiles the
    chip as one, which runs about a third faster. ``waves``: the program can write waves of this format, and is slower; its Verilog is beside it as `DESIGN`.
    ``membranes``: the program can write down every membrane that the chip writes; the chip has ports for it.
    """

    def sources() -> dict[str, str]:
        design = generate_watched(chip) if membranes else generate(chip)
        return {DESIGN: design, **_harness_sources(chip, membranes=membranes)}

    identity = [chip.as_dict(), source_identity(), *(["membranes"] if membranes else [])]
    name = f"{chip.file_name}-membranes" if membranes else chip.file_name
    return build_program("chip", name, identity, top=CHIP_MODULE, harness=HARNESS, flat=flat, sources=sources, waves=waves)


def build_netlist_harness(chip: ChipConfig, family: Family, *, netlist: str | None = None) -> Path:
    """As `build_harness`, of a chip whose tiles are netlists of FPGA cells, with Yosys' models of the cells. Raises RtlError, SynthesisError.

    ``netlist``: that of the tile; `tile_netlist` makes it if not given.
    """

    def sources() -> dict[str, str]:
        around = [text for name, text in module_texts(generate(chip)).items() if name.split(".")[0] != TILE_MODULE]
        tile = tile_netlist(chip, family) if netlist is None else netlist
        return {DESIGN: "".join([cell_models(family), tile, *around]), **_harness_sources(chip)}

    identity = [chip.as_dict(), family, source_identity(), yosys_version(), netlist]
    name = f"{chip.file_name}-{family}"
    return build_program("chip", name, identity, top=CHIP_MODULE, harness=HARNESS, flat=False, sources=sources, optimize=False)
