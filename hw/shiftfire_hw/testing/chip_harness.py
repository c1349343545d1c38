"""A chip's RTL as a native program: Verilog, Verilator, C++ harness, built once per chip and kept."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from importlib import resources
from importlib.metadata import version
from pathlib import Path

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.render.c_header import render_c_header

from ..verilog import CHIP_MODULE, generate
from .toolchain import RtlError, cache_directory, verilator_environment, verilator_prefix

HARNESS = "harness.cpp"
_FLAGS = ("-Wno-fatal", "-Wno-WIDTH", "-Wno-UNOPTFLAT", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--noassert")
_LOG_TAIL_LINES = 30


def _trace_header(chip: ChipConfig) -> str:
    """C++ that visits the tiles whose core sends a packet in this cycle."""
    lines = ["#pragma once", "template <typename Top, typename Visit> void for_each_trace(const Top &top, Visit visit) {"]
    if chip.tiles > 64:
        test = [f"(top.trace_valid[{n // 32}] >> {n % 32}) & 1" for n in range(chip.tiles)]
    else:
        lines.append("    if (!top.trace_valid) return;")
        test = [f"(top.trace_valid >> {n}) & 1" for n in range(chip.tiles)]
    lines += [f"    if ({test[n]}) visit({n}, top.trace_flit___05F{n});" for n in range(chip.tiles)]
    return "\n".join([*lines, "}", ""])


def build_harness(chip: ChipConfig) -> Path:
    """Path of the chip's harness program, built unless the same sources were built by the same tools before. Raises RtlError."""
    sources = {
        "chip.v": generate(chip),
        HARNESS: (resources.files(__package__) / HARNESS).read_text(),
        "chip_traces.h": _trace_header(chip),
        "shiftfire_contract.h": render_c_header(),
    }
    identity = "\n".join([sys.version, version("verilator"), *_FLAGS, *(f"{k}\n{v}" for k, v in sources.items())])
    digest = hashlib.sha256(identity.encode()).hexdigest()[:16]
    directory = cache_directory() / "chip" / f"{chip.name}-{digest}"
    program = directory / "harness"
    directory.parent.mkdir(parents=True, exist_ok=True)
    with open(directory.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # one builder; the others find it complete
        if not program.exists():
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
            for name, text in sources.items():
                (directory / name).write_text(text)
            _build(directory, program)
    return program


def _build(directory: Path, program: Path) -> None:
    command = [
        str(verilator_prefix() / "bin" / "verilator"),
        *("--cc", "--exe", "--build", "-j", "2", "--top-module", CHIP_MODULE, "-Mdir", "obj", "-o", "harness"),
        *_FLAGS,
        *("-CFLAGS", f"-I{directory}", "chip.v", HARNESS),
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
