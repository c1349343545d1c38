"""The firmware's drivers on the host, with the hardware in Python."""

from __future__ import annotations

import ctypes
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.firmware_build import FIRMWARE, build_for_host

HERE = Path(__file__).parent
WORD = ctypes.c_uint32
READ = ctypes.CFUNCTYPE(WORD, WORD, WORD)
WRITE = ctypes.CFUNCTYPE(None, WORD, WORD, WORD)
INTERRUPT = ctypes.CFUNCTYPE(WORD, WORD, WORD)
ENABLE, PENDING, WAIT = range(3)


@dataclass
class Hardware:
    """Registers by (base, index). ``log``: writes in order, and "wait"; ``pending`` gives the interrupts at each question, the last for ever."""

    registers: dict[tuple[int, int], int] = field(default_factory=dict)
    on_read: Callable[[int, int], int] | None = None
    pending: list[int] = field(default_factory=lambda: [0])
    log: list[object] = field(default_factory=list)
    enabled: int = 0

    def read(self, base: int, index: int) -> int:
        return self.registers.get((base, index), 0) if self.on_read is None else self.on_read(base, index)

    def write(self, base: int, index: int, value: int) -> None:
        self.log.append((base, index, value))

    def interrupt(self, operation: int, mask: int) -> int:
        if operation == ENABLE:
            self.enabled = mask
        if operation == WAIT:
            self.log.append("wait")
        return (self.pending.pop(0) if len(self.pending) > 1 else self.pending[0]) & self.enabled if operation == PENDING else 0


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """Drivers and parts of the firmware as a library."""
    if shutil.which("gcc") is None:
        pytest.skip("no gcc")
    parts = [FIRMWARE / "src" / f"{name}.c" for name in ("print", "status", "crc32", "link")]
    sources = [*FIRMWARE.glob("drivers/*.c"), *parts, HERE / "mock.c"]
    folder = tmp_path_factory.mktemp("drivers")
    path = build_for_host(folder, "drivers.so", sources, "-shared", "-fPIC", "-fsanitize=undefined", "-fno-sanitize-recover")
    return ctypes.CDLL(str(path))


@pytest.fixture
def hardware(library: ctypes.CDLL) -> Iterator[Hardware]:
    """Hardware behind the library, for one test."""
    mock = Hardware()
    hooks = (READ(mock.read), WRITE(mock.write), INTERRUPT(mock.interrupt))
    library.mock_install(*hooks)
    yield mock
