"""Multiplier designs, written to stand beside the shift-based units in the cost table. No part of the accelerator uses them."""
