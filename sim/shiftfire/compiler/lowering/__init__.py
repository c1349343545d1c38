"""Mapped network to words: programs, geometry, weights, the configuration image."""
