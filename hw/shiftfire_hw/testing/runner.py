"""Runs a cocotb test bench on a design: Amaranth to Verilog, Verilator build (cached), test."""

import hashlib
import os
import platform
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ..verilog.emit import emit
from .build_lock import build_lock
from .toolchain import RtlError, cache_directory, verilator_environment, verilator_prefix

SEED_VARIABLE = "SHIFTFIRE_SEED"
TOP = "top"
LOG_TAIL_LINES = 60
_BUILD_ARGS = ("-Wno-fatal", "-Wno-WIDTH", "-Wno-UNOPTFLAT", "--x-assign", "fast")
_TOOLS = ("verilator", "cocotb")
_RUNTIME = "verilated*.o"
_NEWER_S = 3600


def build(text: str, *, name: str, optimize: bool = False) -> Path:
    """Build Verilog text (top module ``top``) for cocotb, unless the same text was built by the same tools before.

    ``optimize`` costs build time and pays for more than about 100,000 cycles. Returns the build directory. Raises RtlError.
    """
    prefix = verilator_prefix()
    tools = "\n".join(
        [str(optimize), *_BUILD_ARGS, platform.machine(), sys.version, str(prefix), *(f"{tool} {version(tool)}" for tool in _TOOLS)]
    )
    directory = cache_directory() / "rtl" / f"{name}-{_digest(tools + text)}"
    runtime = cache_directory() / "rtl" / f"runtime-{_digest(tools)}"
    complete = directory / "complete"
    with build_lock(directory):
        if not complete.exists():
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
            (directory / f"{TOP}.v").write_text(text)
            for compiled in runtime.glob(_RUNTIME):
                copy, later = shutil.copy(compiled, directory), time.time() + _NEWER_S
                os.utime(copy, times=(later, later))  # newer than the makefile to come, which make takes for a source
            with _environment(optimize):
                _build_in(directory, name)
            _keep_runtime(directory, runtime)
            complete.touch()
    return directory


def run_cocotb(
    design: Any,
    *,
    name: str,
    test_module: str,
    bench_directory: Path,
    ports: Sequence[Any] | None = None,
    parameters: Mapping[str, object] | None = None,
    testcase: str | None = None,
    optimize: bool = False,
) -> int:
    """Run the cocotb tests of ``test_module`` on ``design``.

    Parameters
    ----------
    design: elaboratable, or Verilog text with a module ``top``.
    name: names the build in the cache.
    test_module: Python module, found in ``bench_directory`` or on the path.
    ports: ports of an elaboratable that is no Component.
    parameters: environment variables for the bench; values become text.
    testcase: run only this test.
    optimize: see `build`.

    Returns the number of tests that ran; raises RtlError when one fails, none runs, or the simulation dies. The seed comes from
    $SHIFTFIRE_SEED, or is drawn; it is printed, and named in the error.
    """
    text = design if isinstance(design, str) else emit(design, TOP, ports=ports)
    directory = build(text, name=name, optimize=optimize)
    seed = os.environ.get(SEED_VARIABLE) or str(secrets.randbits(32))
    print(f"{name}: {test_module} with {SEED_VARIABLE}={seed}")
    environment = {SEED_VARIABLE: seed, **{key: str(value) for key, value in (parameters or {}).items()}}
    with tempfile.TemporaryDirectory(prefix="shiftfire-") as scratch, _environment(optimize, bench_directory):
        log, results = Path(scratch) / "test.log", Path(scratch) / "results.xml"
        try:
            _runner().test(
                test_module=test_module,
                hdl_toplevel=TOP,
                hdl_toplevel_lang="verilog",
                testcase=testcase,
                seed=seed,
                build_dir=directory,
                test_dir=scratch,
                results_xml=str(results),
                extra_env=environment,
                log_file=log,
            )
            tests, failed = _count(results)
        except (Exception, SystemExit) as error:
            tests, failed = 0, f"the simulation ended early: {error}"
        if failed or not tests:
            reason = failed or "no test ran"
            raise RtlError(f"{test_module} on {name}: {reason}; repeat with {SEED_VARIABLE}={seed}\n{_tail(log)}")
    return tests


def _build_in(directory: Path, name: str) -> None:
    log = directory / "build.log"
    try:
        _runner().build(
            sources=[directory / f"{TOP}.v"],
            hdl_toplevel=TOP,
            build_dir=directory,
            build_args=_BUILD_ARGS,
            timescale=("1ns", "1ns"),
            log_file=log,
        )
    except (Exception, SystemExit) as error:
        raise RtlError(f"Verilator could not build {name} in {directory} ({error})\n{_tail(log)}") from None


def _keep_runtime(directory: Path, runtime: Path) -> None:
    """Keep the objects of Verilator's own library, which are the same for every design: they take most of a small build."""
    if not runtime.exists():
        scratch = Path(tempfile.mkdtemp(dir=runtime.parent))
        for compiled in directory.glob(_RUNTIME):
            shutil.copy(compiled, scratch)
        try:
            scratch.rename(runtime)
        except OSError:  # another process was first
            shutil.rmtree(scratch)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _runner() -> Any:
    from cocotb_tools.runner import get_runner  # not at the top: the package must import without the test tools

    runner = get_runner("verilator")
    runner.log.disabled = True
    return runner


@contextmanager
def _environment(optimize: bool, *search: Path) -> Iterator[None]:
    """What the cocotb runner and its children look for in the process: tools, make's flags, Python path. Restored afterwards."""
    changes: dict[str, str | None] = {
        **verilator_environment(optimize=optimize),
        "COCOTB_LOG_LEVEL": os.environ.get("COCOTB_LOG_LEVEL", "WARNING"),
        "COCOTB_ANSI_OUTPUT": "0",
        "PYTEST_CURRENT_TEST": None,  # the cocotb runner would judge the results itself, and exit
    }
    before, path = {key: os.environ.get(key) for key in changes}, list(sys.path)
    _set_environment(changes)
    sys.path[:0] = [str(entry) for entry in search]
    try:
        yield
    finally:
        sys.path[:] = path
        _set_environment(before)


def _set_environment(values: Mapping[str, str | None]) -> None:
    for key, value in values.items():
        if value is None:
            os.environ.pop(key, None)
        else:
            os.environ[key] = value


def _count(results: Path) -> tuple[int, str]:
    """Tests that ran according to a results file, and which of them failed."""
    cases = [case for case in ElementTree.parse(results).iter("testcase") if case.find("skipped") is None]
    failed = [case.get("name", "?") for case in cases if case.find("failure") is not None or case.find("error") is not None]
    return len(cases), f"failed: {', '.join(failed)}" if failed else ""


def _tail(log: Path) -> str:
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:])
