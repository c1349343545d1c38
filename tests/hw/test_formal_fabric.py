"""Formal proofs of queue, arbiter and router: nothing lost, duplicated or reordered, no grant without room, no starvation."""

from dataclasses import replace

import pytest
from amaranth.hdl import Cat, Module
from fabric_proofs import ArbiterProof, QueueProof
from prover import MISSING, WHY_SKIPPED, prove
from router_proof import RouterProof
from shiftfire_hw.noc.arbiter import RoundRobin
from shiftfire_hw.noc.queue import Queue
from shiftfire_hw.noc.router import Router
from shiftfire_spec.chip import load_chip
from shiftfire_spec.packet import Port

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason=WHY_SKIPPED)]

ITEM_BITS = 2
ROUTER_CHIP = replace(load_chip("nano"), name="proof", tags=4, link_queue_depth=1)


class OverrunQueue(Queue):
    """Takes an item although it is full."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.comb += self.i.ready.eq(1)
        return m


class RepeatingQueue(Queue):
    """Shows the item in row 0, whichever is the oldest."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.comb += m.submodules["items"].read_ports[0].addr.eq(0)
        return m


class FixedPriority(RoundRobin):
    """Grants the lowest requester, always."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.comb += self.grant.eq(self.requests & -self.requests)
        return m


class RoomlessRouter(Router):
    """Moves a flit north although there is no room."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.comb += self.granted[0].eq(self.o[0].valid)
        return m


class LossyRouter(Router):
    """Drops the head of the west input after one cycle, served or not."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.comb += m.submodules["queue_west"].o.ready.eq(1)
        return m


class RepeatingRouter(Router):
    """Never pops the west input: its head is sent again and again."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        m.d.comb += m.submodules["queue_west"].o.ready.eq(0)
        return m


class HastyRouter(Router):
    """Calls itself empty while the local input still holds a flit."""

    def elaborate(self, platform: object) -> Module:
        m = super().elaborate(platform)
        others = [m.submodules[f"queue_{port.name.lower()}"].o.valid for port in Port if port is not Port.LOCAL]
        m.d.comb += self.empty.eq(~Cat(others).any())
        return m


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_queue(tmp_path, depth):
    """Holds in every cycle."""
    proof = QueueProof(Queue(shape=ITEM_BITS, depth=depth))
    prove(tmp_path, proof, inputs=proof.inputs, mode="prove", depth=2, expect="pass")


@pytest.mark.parametrize("broken", [OverrunQueue, RepeatingQueue])
def test_queue_proof_rejects(tmp_path, broken):
    proof = QueueProof(broken(shape=ITEM_BITS, depth=2))
    prove(tmp_path, proof, inputs=proof.inputs, mode="bmc", depth=6, expect="fail")


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_arbiter(tmp_path, count):
    """Holds in every cycle."""
    proof = ArbiterProof(RoundRobin(count=count))
    prove(tmp_path, proof, inputs=proof.inputs, mode="prove", depth=2, expect="pass")


def test_arbiter_proof_rejects_fixed_priority(tmp_path):
    proof = ArbiterProof(FixedPriority(count=3))
    prove(tmp_path, proof, inputs=proof.inputs, mode="bmc", depth=6, expect="fail")


@pytest.mark.parametrize("depth", [1, 2])
def test_router(tmp_path, depth):
    """Holds in every cycle, with queues of one flit and of several."""
    proof = RouterProof(Router(chip=replace(ROUTER_CHIP, link_queue_depth=depth)), inductive=True)
    prove(tmp_path, proof, inputs=proof.inputs, mode="prove", depth=1, expect="pass")


@pytest.mark.parametrize("broken", [RoomlessRouter, LossyRouter, RepeatingRouter, HastyRouter])
def test_router_proof_rejects(tmp_path, broken):
    """On the ports alone."""
    proof = RouterProof(broken(chip=ROUTER_CHIP), inductive=False)
    prove(tmp_path, proof, inputs=proof.inputs, mode="bmc", depth=10, expect="fail")
