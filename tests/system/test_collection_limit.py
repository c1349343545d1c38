"""Collection past its limit: more packets are counted, not stored, and cost no memory cycle, in RTL and simulator alike."""

from __future__ import annotations

from unittest.mock import PropertyMock

import numpy as np
import pytest
from shiftfire.compiler.compile import compile_network
from shiftfire.system import plan
from shiftfire.system.plan import RunPlan
from shiftfire.verification.verify import verify
from support.odd_chip import odd_chip
from support.one_round import run_sim
from support.random_networks import random_network


@pytest.mark.parametrize("limit", [0, 1])
def test_packets_past_the_limit(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    """The memory has no room behind the limit: a packet stored there is a fault of the RTL. On a memory that stalls, one stored too many costs cycles."""
    network, inputs = random_network(np.random.default_rng(5), odd_chip())
    program = compile_network(network, odd_chip())
    roomy = run_sim(program, inputs)
    monkeypatch.setattr(RunPlan, "collect_packets", PropertyMock(return_value=limit))
    monkeypatch.setattr(plan, "SPARE_PACKETS", 0)
    verification = verify(program, inputs)
    assert verification.passed, verification.as_dict()
    assert roomy.cycles is not None and verification.cycles_sim < roomy.cycles
