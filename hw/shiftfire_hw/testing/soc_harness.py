"""A SoC's RTL as a native program that runs any firmware, built once per chip and kept."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.chip import ChipConfig

from ..modules import SOC_MODULE
from ..soc.boot_ram import BOOT_WORDS
from ..verilog.soc import generate_link_soc, generate_soc
from .native import DESIGN, build_program
from .toolchain import RtlError

HARNESS = "soc_harness.cpp"
BOOT = "boot_ram.v"
MEMORY_WORDS = 1 << 16
UART_DIVISOR = 4  # the serial line is what takes the time of a simulation
FOR_EVER_CYCLES = 1 << 62


@dataclass(frozen=True)
class SocOutcome:
    """What a SoC did: what it sent over the serial line, and how it ended (``exit_code`` None: not within the limit)."""

    serial: str
    exit_code: int | None
    cycles: int


@dataclass(frozen=True)
class VirtualBoard:
    """A SoC behind a serial port."""

    port: str
    process: subprocess.Popen[str]

    def wait(self) -> None:
        """Until the SoC ends. Raises RtlError when it did not end well."""
        if self.process.wait():
            assert self.process.stderr is not None
            raise RtlError(
                f"the SoC's harness ended with exit code {self.process.returncode}: {self.process.stderr.read().strip()}"
            )


def build_soc_harness(chip: ChipConfig, *, processor: bool = True) -> Path:
    """Path of the SoC's harness program, built unless the same Verilog was built by the same tools before. Raises RtlError, ContractError.

    Without ``processor``: of `LinkSoc`, which serves the link from its start on and never ends; it has no boot RAM.
    """
    texts = {name: (resources.files("shiftfire_hw.testing") / name).read_text() for name in (HARNESS, BOOT)}
    if processor:
        soc = generate_soc(chip, memory_words=MEMORY_WORDS, uart_divisor=UART_DIVISOR)
        soc += texts[BOOT].replace("WORDS = 8192", f"WORDS = {BOOT_WORDS}")
    else:
        soc = generate_link_soc(chip, memory_words=MEMORY_WORDS, uart_divisor=UART_DIVISOR)
    sources = {DESIGN: soc, HARNESS: texts[HARNESS]}
    kind = "soc" if processor else "link-soc"
    return build_program(kind, chip.file_name, sources, top=SOC_MODULE, harness=HARNESS, flat=False, sources=lambda: sources)


def run_soc(program: Path, chip: ChipConfig, *, boot: Sequence[int], memory: NDArray[np.uint32], limit_cycles: int) -> SocOutcome:
    """Run the SoC of `build_soc_harness` with these words in boot RAM and main memory, from reset until its firmware exits or ``limit_cycles`` have passed. Raises RtlError.

    Main memory answers after the chip's ``memory_latency_cycles`` and takes a request in every cycle.
    """
    with tempfile.TemporaryDirectory(prefix="shiftfire-") as scratch:
        folder = Path(scratch)
        _write_job(folder, chip, boot, memory, {"limit": limit_cycles, "serial": "serial"})
        done = subprocess.run([program.resolve(), "job"], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RtlError(
                f"the SoC's harness ended with exit code {done.returncode}: {done.stderr.strip() or done.stdout.strip()}"
            )
        lines = dict(line.split() for line in (folder / "result").read_text().splitlines())
        serial = (folder / "serial").read_bytes().decode("latin-1")
    if int(lines["framing_errors"]):
        raise RtlError(f"{lines['framing_errors']} frames of the serial line were bad")
    return SocOutcome(serial, int(lines["exit_code"]) if int(lines["halted"]) else None, int(lines["cycles"]))


@contextmanager
def serve_soc(
    program: Path, chip: ChipConfig, *, boot: Sequence[int], memory: NDArray[np.uint32], limit_cycles: int = FOR_EVER_CYCLES
) -> Iterator[VirtualBoard]:
    """The same SoC with its serial line at a pseudo-terminal, until the context ends or ``limit_cycles`` have passed. Raises RtlError."""
    with tempfile.TemporaryDirectory(prefix="shiftfire-") as scratch:
        folder = Path(scratch)
        _write_job(folder, chip, boot, memory, {"limit": limit_cycles})
        with subprocess.Popen(
            [program.resolve(), "job"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None and process.stderr is not None
            port = process.stdout.readline().strip()
            try:
                if not port:
                    raise RtlError(f"the SoC's harness ended with exit code {process.wait()}: {process.stderr.read().strip()}")
                yield VirtualBoard(port, process)
            finally:
                process.terminate()


def _write_job(folder: Path, chip: ChipConfig, boot: Sequence[int], memory: NDArray[np.uint32], more: dict[str, object]) -> None:
    """The files of a run in ``folder``. Raises RtlError for what the SoC cannot do."""
    if chip.memory_stall_cycles:
        raise RtlError(f"chip {chip.name}: the SoC's memory never stalls; use a chip with memory_stall_cycles = 0")
    if len(memory) > MEMORY_WORDS:
        raise RtlError(f"{len(memory)} words do not fit the SoC's main memory of {MEMORY_WORDS}")
    (folder / "boot.hex").write_text("".join(f"{word:08x}\n" for word in [*boot, *[0] * (BOOT_WORDS - len(boot))]))
    memory.astype("<u4").tofile(folder / "memory")
    job = {
        "memory": "memory",
        "words": MEMORY_WORDS,
        "latency": chip.memory_latency_cycles,
        "divisor": UART_DIVISOR,
        "result": "result",
        **more,
    }
    (folder / "job").write_text("".join(f"{key} {value}\n" for key, value in job.items()))
