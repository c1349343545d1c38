"""Chips as the options ask for them."""

from __future__ import annotations

from collections.abc import Sequence

from .. import api


def described(chip: str, changes: Sequence[str] | None) -> api.ChipConfig:
    """The chip of ``--chip`` with what ``--set`` changes. Raises ContractError."""
    return api.chip(chip, **api.parse_overrides(changes or ()))
