"""ELF files of the firmware, as words of the boot RAM."""

from __future__ import annotations

import struct
from pathlib import Path

from shiftfire_spec.errors import ContractError
from shiftfire_spec.soc import REGION

MAX_ELF_BYTES = 1 << 24
_HEADER = struct.Struct("<16sHHIIIIIHHHHHH")  # Elf32_Ehdr
_SEGMENT = struct.Struct("<8I")  # Elf32_Phdr
_IDENTITY = b"\x7fELF\x01\x01"  # 32 bits, little-endian
_RISCV = 243
_LOAD = 1


def read_firmware(path: Path) -> tuple[int, ...]:
    """Words of the boot RAM from its first on. Raises ContractError, naming the file, when it is no ELF file for it; OSError."""
    size = path.stat().st_size
    if size > MAX_ELF_BYTES:
        raise ContractError(f"firmware {path} has {size} bytes, more than {MAX_ELF_BYTES}")
    try:
        return boot_words(path.read_bytes())
    except ContractError as error:
        raise ContractError(f"firmware {path} {error}: build it with `make -C firmware`") from None


def boot_words(data: bytes) -> tuple[int, ...]:
    """Words of the boot RAM that an ELF file's segments fill. Raises ContractError."""
    boot = REGION["BOOT"]
    memory = bytearray()
    entry, segments = _segments(data)
    for offset, address, file_bytes, memory_bytes in segments:
        if not boot.base <= address <= address + max(file_bytes, memory_bytes) <= boot.base + boot.size:
            raise ContractError(f"has a segment of {memory_bytes} bytes at {address:#x}, outside of the boot RAM")
        if offset + file_bytes > len(data):
            raise ContractError("is cut off")
        start = address - boot.base
        memory.extend(bytes(max(0, start + file_bytes - len(memory))))
        memory[start : start + file_bytes] = data[offset : offset + file_bytes]
    if entry != boot.base:
        raise ContractError(f"starts at {entry:#x}, not at {boot.base:#x}")
    memory.extend(bytes(-len(memory) % 4))
    return struct.unpack(f"<{len(memory) // 4}I", memory)


def _segments(data: bytes) -> tuple[int, list[tuple[int, int, int, int]]]:
    """Entry point; of each loaded segment offset, address, bytes in the file, bytes in memory."""
    if len(data) < _HEADER.size or not data.startswith(_IDENTITY):
        raise ContractError("is not a 32-bit little-endian ELF file")
    fields = _HEADER.unpack_from(data)
    machine, entry, table, each, count = fields[2], fields[4], fields[5], fields[9], fields[10]
    if machine != _RISCV:
        raise ContractError(f"is for machine {machine}, not RISC-V ({_RISCV})")
    if each != _SEGMENT.size or not count or table + each * count > len(data):
        raise ContractError("has no program headers")
    rows = [_SEGMENT.unpack_from(data, table + i * each) for i in range(count)]
    return entry, [(r[1], r[3], r[4], r[5]) for r in rows if r[0] == _LOAD and r[5]]
