"""Chips, by preset or TOML file."""

from __future__ import annotations

import os
from typing import Any

from shiftfire_spec.chip import ChipConfig, load_chip
from shiftfire_spec.chip_overrides import override_chip, parse_overrides

from ..errors import InputError
from ..network.build.values import shown

__all__ = ["DEFAULT_CHIP", "ChipConfig", "chip", "parse_overrides"]

DEFAULT_CHIP = "edge"


def chip(description: str | os.PathLike[str] | ChipConfig = DEFAULT_CHIP, /, **changes: Any) -> ChipConfig:
    """The chip of a preset's name (nano, ulx3s, edge, server) or a TOML file's path; a `ChipConfig` as it is.

    ``changes``: other values for parameters, by name: ``chip("edge", lanes=32, mesh=(3, 2))``, where mesh is (width, height). The chip's name shows them.
    Raises ContractError, InputError for what is neither.
    """
    if not isinstance(description, str | os.PathLike | ChipConfig):
        raise InputError(f"chip {shown(description)}: give a preset's name, a TOML file's path, or what sf.chip gives")
    known = description if isinstance(description, ChipConfig) else load_chip(os.fspath(description))
    return override_chip(known, changes) if changes else known
