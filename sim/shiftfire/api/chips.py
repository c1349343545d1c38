"""Chips, by preset or TOML file."""

from __future__ import annotations

import os

from shiftfire_spec.chip import ChipConfig, load_chip

DEFAULT_CHIP = "edge"


def chip(description: str | os.PathLike[str] | ChipConfig = DEFAULT_CHIP) -> ChipConfig:
    """The chip of a preset's name (nano, ulx3s, edge, server) or a TOML file's path; a `ChipConfig` as it is. Raises ContractError."""
    return description if isinstance(description, ChipConfig) else load_chip(os.fspath(description))
