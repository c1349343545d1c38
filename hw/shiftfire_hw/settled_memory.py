"""Memories that nobody reads while the same word is being written."""

from __future__ import annotations

from typing import Any

from amaranth.lib.memory import Memory

UNDECIDED = "no_rw_check"  # Yosys' attribute: a read of the word that is being written may give anything


def settled_memory(shape: Any, depth: int) -> Memory:
    """A memory of ``depth`` words of ``shape``, for users that look at no word read in the very cycle in which it was written.

    What such a read gives is left to the tools: on an iCE40 to decide it takes a register and a comparison of addresses, and a copy of the data port.
    tests/hw/test_settled_memories.py runs the RTL with memories that give the wrong word then.
    """
    attributes: Any = {UNDECIDED: 1}  # the stubs know of texts only
    return Memory(shape=shape, depth=depth, init=[], attrs=attributes)
