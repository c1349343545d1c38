"""Builds of the firmware: with the makefile for the SoC, with gcc for the host."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from shiftfire_hw.soc.elf import read_firmware
from shiftfire_spec.render.c_header import render_c_header

FIRMWARE = Path(__file__).parents[2] / "firmware"
HOST_FLAGS = ("-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror", "-DSF_MOCK")


def build_firmware(folder: Path, toolchain: str, application: Path = FIRMWARE / "app") -> tuple[int, ...]:
    """Words of the boot RAM, built by ``make -C firmware``, with the C files of ``application``."""
    command = [
        "make",
        "-C",
        str(FIRMWARE),
        f"PYTHON={sys.executable}",
        f"TOOLCHAIN={toolchain}",
        f"OUT={folder}",
        f"APP={application}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in done.stderr, done.stderr
    return read_firmware(folder / "firmware.elf")


def build_for_host(folder: Path, output: str, sources: list[Path], *flags: str) -> Path:
    """The parts of the firmware named, with the host's gcc and mocked hardware."""
    (folder / "shiftfire_contract.h").write_text(render_c_header())
    gcc = shutil.which("gcc")
    assert gcc is not None
    command = [gcc, *HOST_FLAGS, *flags, f"-I{folder}", f"-I{FIRMWARE / 'include'}", f"-I{FIRMWARE / 'drivers'}", "-o", output]
    done = subprocess.run([*command, *map(str, sources)], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / output
