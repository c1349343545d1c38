"""Bounds of what a NIR graph may claim: checked before anything of that size is made."""

from __future__ import annotations

MAX_NODES = 10_000
MAX_EDGES = 100_000
MAX_DEPTH = 16
MAX_AXES = 8
MAX_ELEMENTS = 1 << 25  # of one tensor, of one node's input or output, and of all numbers of a file
MAX_NAME = 500
MAX_BYTES = 1 << 28  # of a file, and of what it unpacks to
