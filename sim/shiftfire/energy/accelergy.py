"""An estimate as Accelergy's action counts and energy reference table, version 0.4 (Wu, Emer and Sze, ICCAD 2019).

Both are JSON, which YAML readers take. Energies are the nominal ones, in picojoules; an action's energy times its count is the part's.
"""

from __future__ import annotations

from typing import Any

from .parts import Clock, EnergyEstimate, EnergyPart, merge

VERSION = "0.4"


def _actions(estimate: EnergyEstimate, clock: Clock) -> dict[str, list[EnergyPart]]:
    """Parts by component: what comes before the last word of the name; the rest is the action."""
    found: dict[str, list[EnergyPart]] = {}
    merged = estimate.merged()
    for part in merge((*merged.parts, *merged.clocks[clock], *merged.leakage)):
        found.setdefault(_component(part), []).append(part)
    return found


def _component(part: EnergyPart) -> str:
    """``memory:weights read`` is ``chip.memory.weights``; of two memories that leak, one component each."""
    name = part.name.replace(":", ".").rpartition(" ")[0] or part.name.replace(":", ".")
    size = f".{part.constant.name}" if part.group == "leakage" else ""
    return f"chip.{name.replace(' ', '_')}{size}"


def _action(part: EnergyPart) -> str:
    """The last word of ``memory:weights read``; ``count`` where a component does one thing."""
    return part.name.rpartition(" ")[2] if " " in part.name else "count"


def action_counts(estimate: EnergyEstimate, clock: Clock) -> dict[str, Any]:
    """Of all samples together."""
    return {
        "action_counts": {
            "version": VERSION,
            "local": [
                {"name": name, "action_counts": [{"name": _action(part), "counts": part.count} for part in parts]}
                for name, parts in _actions(estimate, clock).items()
            ],
        }
    }


def energy_reference_table(estimate: EnergyEstimate, clock: Clock) -> dict[str, Any]:
    """Nominal picojoules per action."""
    return {
        "ERT": {
            "version": VERSION,
            "tables": [
                {
                    "name": name,
                    "actions": [
                        {"name": _action(part), "arguments": {}, "energy": part.constant.value * part.factor} for part in parts
                    ],
                }
                for name, parts in _actions(estimate, clock).items()
            ],
        }
    }
