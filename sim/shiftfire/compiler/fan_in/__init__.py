"""Layers whose inputs do not fit a core, cut by inputs (docs/decisions/0026-fan-in-over-cores.md)."""
