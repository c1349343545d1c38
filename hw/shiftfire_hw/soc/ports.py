"""The ports of a SoC, with a processor or without: boards and harnesses take either."""

from typing import Any

from amaranth.lib.wiring import In, Out
from shiftfire_spec.inject import MEMORY_WORD_BITS

from ..io_tile.memory_port import memory_port


def soc_ports() -> dict[str, Any]:
    """Members of `Soc` and `LinkSoc`: main memory, serial line, how the firmware ended, whether the fabric runs."""
    return {
        "memory": Out(memory_port()),
        "tx": Out(1),
        "rx": In(1),
        "halted": Out(1),
        "exit_code": Out(MEMORY_WORD_BITS),
        "run": Out(1),
    }
