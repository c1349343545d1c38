"""Sorbet (arXiv 2409.15298): checkpoints of the published model, their float reference, and their lowering to an integer network."""
