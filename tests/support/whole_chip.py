"""Runs of a shipped network as arrays, for comparison: `python -m support.whole_chip FILE` writes them."""

from __future__ import annotations

import sys

import numpy as np
from shiftfire.compiler.schedule import compile_rounds
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network, load_test_split
from shiftfire.system.plan import plan_rounds
from shiftfire.system.simulate import simulate_rounds
from shiftfire_spec.chip import load_chip


def run_whole_chip() -> dict[str, np.ndarray]:
    """Everything of one sample of digits-mlp on `edge`, and in the rounds that it takes on `nano`."""
    network = load_network(find_model("digits-mlp"))
    inputs = load_test_split(find_model("digits-mlp")).inputs[:1]
    arrays = {}
    for chip in ("edge", "nano"):
        plans = plan_rounds(compile_rounds(network, load_chip(chip)), inputs)
        for number, run in enumerate(simulate_rounds(plans, trace=True)):
            cycles = np.array([run.cycles, run.config_cycles, run.loading_cycles])
            parts = {
                "cycles": cycles[0],
                "all cycles": cycles,
                "counters": run.counters,
                "events": run.events,
                "engines": run.engine_events,
            }
            arrays |= {f"{chip} {number} {name}": np.asarray(part) for name, part in parts.items()}
    return arrays


if __name__ == "__main__":
    np.savez(sys.argv[1], **run_whole_chip())  # type: ignore[arg-type]
