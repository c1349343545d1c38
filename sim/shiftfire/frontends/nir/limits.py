"""Bounds of what a NIR graph may claim: checked before anything of that size is made."""

from __future__ import annotations

MAX_NODES = 10_000
MAX_EDGES = 100_000
MAX_DEPTH = 16
MAX_AXES = 8
MAX_ELEMENTS = 1 << 26  # of one tensor, and of one node's input or output
MAX_NAME = 500
