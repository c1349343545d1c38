"""The firmware builds without a warning, with both toolchains; what its ELF reader refuses."""

from __future__ import annotations

import importlib.util
import shutil
import struct
from pathlib import Path

import pytest
from shiftfire_hw.soc.boot_ram import BOOT_WORDS
from shiftfire_hw.soc.elf import boot_words, read_firmware
from shiftfire_spec.errors import ContractError
from shiftfire_spec.render.linker import render_linker_regions
from shiftfire_spec.soc import REGION
from support.firmware_build import build_firmware

TOOLCHAINS = {
    "zig": importlib.util.find_spec("ziglang") is not None,
    "gcc": shutil.which("riscv64-unknown-elf-gcc") is not None,
}
STACK_WORDS = 512


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_it_builds_and_fits(tmp_path: Path, toolchain: str) -> None:
    if not TOOLCHAINS[toolchain]:
        pytest.skip(f"no {toolchain} for RISC-V")
    words = build_firmware(tmp_path, toolchain)
    assert 500 < len(words) < BOOT_WORDS - STACK_WORDS


def test_the_linker_s_regions_are_the_contract_s() -> None:
    text = render_linker_regions()
    for name in ("BOOT", "MEMORY"):
        assert f"{name.lower()} (rwx) : ORIGIN = {REGION[name].base:#010x}, LENGTH = {REGION[name].size:#x}" in text


def elf(
    *,
    machine: int = 243,
    entry: int = 0,
    segments: tuple[tuple[int, bytes, int], ...] = ((0, b"abcde", 5),),
    identity: bytes = b"\x7fELF\x01\x01",
) -> bytes:
    """An ELF file of loaded segments (address, content, bytes in memory)."""
    table = struct.calcsize("<16sHHIIIIIHHHHHH")
    place = table + 32 * len(segments)
    heads, bodies = b"", b""
    for address, content, size in segments:
        heads += struct.pack("<8I", 1, place + len(bodies), address, address, len(content), size, 7, 4)
        bodies += content
    return (
        struct.pack("<16sHHIIIIIHHHHHH", identity, 2, machine, 1, entry, table, 0, 0, table, 32, len(segments), 0, 0, 0)
        + heads
        + bodies
    )


def test_segments_become_words() -> None:
    assert boot_words(elf()) == (0x64636261, 0x65)
    assert boot_words(elf(segments=((0, b"abcd", 4), (12, b"efgh", 400)))) == (0x64636261, 0, 0, 0x68676665)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is not a 32-bit little-endian ELF file"),
        (elf(identity=b"\x7fELF\x02\x01"), "is not a 32-bit little-endian ELF file"),
        (elf(machine=62), "is for machine 62, not RISC-V"),
        (elf(segments=()), "has no program headers"),
        (elf(entry=4), "starts at 0x4, not at 0x0"),
        (elf(segments=((REGION["BOOT"].size - 4, b"abcde", 5),)), ".*outside of the boot RAM"),
        (elf(segments=((0, b"", 1 << 31),)), ".*outside of the boot RAM"),
        (elf()[:-1], "is cut off"),
        (elf()[:60], "has no program headers"),
    ],
    ids=range(9),
)
def test_other_files_are_refused(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "firmware.elf"
    path.write_bytes(data)
    with pytest.raises(ContractError, match=f"firmware .*firmware.elf {message}.*: build it with"):
        read_firmware(path)
