"""The memory map's regions for a GNU linker script."""

from __future__ import annotations

from ..soc import REGION


def render_linker_regions() -> str:
    """Text of ``regions.ld``, the head of a linker script: the regions that a program can lie in, by lower-case name (``MEMORY`` is a command)."""
    lines = ["/* Rendered from hw/shiftfire_spec. Do not edit. */", "MEMORY", "{"]
    lines += [
        f"    {name.lower()} (rwx) : ORIGIN = {REGION[name].base:#010x}, LENGTH = {REGION[name].size:#x}"
        for name in ("BOOT", "MEMORY")
    ]
    return "\n".join([*lines, "}", ""])
