"""How layers are cut, in words."""

from __future__ import annotations

from collections.abc import Mapping

from ..compiler.optimised import Cores


def _shared(cores: Cores) -> str:
    """What each core has a part of: `` by rows``, nothing of a whole layer."""
    axes = (("rows", {core.row_base for core in cores}), ("channels", {core.channel_base for core in cores}))
    names = [name for name, starts in axes if len(starts) > 1]
    return f" by {' and '.join(names)}" if names else ""


def _changed_cut(name: str, now: Cores, other: Cores) -> str:
    """Of one layer."""
    plural = "" if len(other) == 1 else "s"
    before = f"{len(now)}{_shared(now)}"
    words = f"{name} over {len(other)} core{plural}{_shared(other)}"
    return f"{words}, in other blocks" if before == f"{len(other)}{_shared(other)}" else f"{words} instead of {before}"


def changed_cuts(now: Mapping[str, Cores], other: Mapping[str, Cores]) -> str:
    """What ``other``, slices by layer, cuts otherwise: ``conv2 over 6 cores by rows instead of 4 by channels``; both have the same layers."""
    changed = [_changed_cut(name, now[name], cores) for name, cores in other.items() if cores != now[name]]
    return "; ".join(changed) or "the same cuts on other tiles"
