"""What the stages of the fire engine share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import data
from shiftfire_spec.chip import ChipConfig

from .fire_walker import FireWalker


@dataclass(frozen=True)
class FireParts:
    """The module that the stages are elaborated into, what controls them, and the signals that go back from F3 to the memories."""

    m: Module
    chip: ChipConfig
    core: data.View
    walker: FireWalker
    has_membrane: Signal
    """The configured operation keeps a membrane."""
    has_current: Signal
    """It keeps a synaptic current as well."""
    has_refractory: Signal
    """Its neurons are silent for some steps after a spike (chips with refractory periods)."""
    is_wide: Signal
    """It sends wide values."""
    membrane_write: Signal
    """The state of the step in F3 is written in this cycle."""
    v_next: Any
    """Its membranes."""
    i_next: Any
    """Its currents (chips with currents)."""
    left_next: Any
    """What is left of its refractory periods (chips with those)."""
