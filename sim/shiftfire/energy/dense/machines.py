"""The dense accelerators that could be built, by name."""

from __future__ import annotations

from .machine import Machine
from .output_stationary import OutputStationary, ZeroSkipping
from .weight_stationary import WeightStationary

MACHINES: tuple[Machine, ...] = (OutputStationary(), WeightStationary(), ZeroSkipping())
