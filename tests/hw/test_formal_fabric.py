"""Formal proofs of queue, arbiter and router: nothing lost, duplicated or reordered, no grant without room, no starvation."""

import pytest
from amaranth.hdl import Module
from fabric_proofs import ArbiterProof, QueueProof
from prover import MISSING, WHY_SKIPPED, prove
from shiftfire_hw.fabric.arbiter import RoundRobin
from shiftfire_hw.fabric.queue import Queue

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason=WHY_SKIPPED)]

ITEM_BITS = 2


class OverrunQueue(Queue):
    """Takes an item although it is full."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.comb += self.i.ready.eq(1)
        return m


class FixedPriority(RoundRobin):
    """Grants the lowest requester, always."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.comb += self.grant.eq(self.requests & -self.requests)
        return m


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_queue(tmp_path, depth):
    """Holds in every cycle."""
    proof = QueueProof(Queue(shape=ITEM_BITS, depth=depth))
    prove(tmp_path, proof, inputs=proof.inputs, mode="prove", depth=2, expect="pass")


def test_queue_proof_rejects_overrun(tmp_path):
    proof = QueueProof(OverrunQueue(shape=ITEM_BITS, depth=2))
    prove(tmp_path, proof, inputs=proof.inputs, mode="bmc", depth=6, expect="fail")


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_arbiter(tmp_path, count):
    """Holds in every cycle."""
    proof = ArbiterProof(RoundRobin(count=count))
    prove(tmp_path, proof, inputs=proof.inputs, mode="prove", depth=2, expect="pass")


def test_arbiter_proof_rejects_fixed_priority(tmp_path):
    proof = ArbiterProof(FixedPriority(count=3))
    prove(tmp_path, proof, inputs=proof.inputs, mode="bmc", depth=6, expect="fail")
