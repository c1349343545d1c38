"""Defaults that the command line shows."""

from __future__ import annotations

from shiftfire_spec.link import DEFAULT_BAUD

from ..energy.operating import NOMINAL_VOLTS as DEFAULT_VOLTS
from ..energy.operating import Scaling
from ..energy.table import DEFAULT_MOVEMENT
from ..host.execute import PHASE_SECONDS as DEFAULT_TIMEOUT
from .chips import DEFAULT_CHIP

__all__ = ["DEFAULT_BAUD", "DEFAULT_CHIP", "DEFAULT_MOVEMENT", "DEFAULT_TIMEOUT", "DEFAULT_VOLTS", "Scaling"]
