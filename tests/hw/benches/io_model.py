"""The I/O tile's documented cycle rules as plain Python: one object per part, stepped once per cycle.

Written from the docstrings of shiftfire_hw.io, not from the code. Each ``request`` gives the memory request of a cycle from the state at its start.
"""

from collections import deque
from dataclasses import dataclass, field

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.inject import COLLECT_CYCLE_BITS, COLLECT_STAMP, INJECT_BEGIN, INJECT_EVENT, InjectOp
from shiftfire_spec.packet import FLIT, Kind

Request = tuple[bool, int, int] | None  # write, address, data

_EVENT_MASK = (1 << INJECT_EVENT.bits) - 1
_BEGIN_MASK = (1 << INJECT_BEGIN.bits) - 1


@dataclass
class Injection:
    chip: ChipConfig
    base: int
    count: int
    requested: int = 0
    reserved: int = 0
    words: deque = field(default_factory=deque)
    state: str = "IDLE"
    tag: int = 0
    mask: int = 0
    opened: int = 0

    def request(self) -> Request:
        if self.requested < self.count and self.reserved < self.chip.inject_queue_depth:
            return False, self.base + self.requested, 0
        return None

    def packet(self) -> int | None:
        """Flit offered to the mesh."""
        if self.state != "SEND" or not self.words:
            return None
        event = INJECT_EVENT.unpack(self.words[0] & _EVENT_MASK)
        if event["op"] not in (InjectOp.EVENT, InjectOp.END):
            return None
        kind = Kind.END if event["op"] == InjectOp.END else Kind.SPIKE
        return FLIT.pack(kind=kind, tag=self.tag, axon=event["axon"], payload=event["payload"])

    def step(self, *, accepted: bool, response: int | None, mesh_ready: bool, credit: int | None) -> None:
        pop = False
        head = self.words[0] if self.words else None
        op = None if head is None else head & 3
        if self.state == "IDLE" and head is not None:
            pop = True
            if op == InjectOp.BEGIN:
                self.tag, self.state = INJECT_BEGIN.unpack(head & _BEGIN_MASK)["tag"], "MASK"
        elif self.state == "MASK" and head is not None:
            pop, self.mask, self.state = True, head & ((1 << self.chip.slots) - 1), "OPEN"
        elif self.state == "OPEN":
            if self.opened & self.mask == self.mask:
                self.opened &= ~self.mask
                self.state = "SEND"
        elif self.state == "SEND" and head is not None:
            if op not in (InjectOp.EVENT, InjectOp.END):
                pop = True
            elif mesh_ready:
                pop = True
                if op == InjectOp.END:
                    self.state = "IDLE"
        if credit is not None and credit < self.chip.slots:
            self.opened |= 1 << credit
        if pop:
            self.words.popleft()
        if response is not None:
            self.words.append(response)
        self.requested += accepted
        self.reserved += accepted - pop


@dataclass
class Collection:
    chip: ChipConfig
    base: int
    limit: int
    ends: int
    packets: deque = field(default_factory=deque)
    second: int = 0
    collected: int = 0
    ended: int = 0
    overflow: bool = False

    def ready(self) -> bool:
        return len(self.packets) < self.chip.ingress_queue_depth

    def request(self) -> Request:
        if not self.packets or self.collected >= self.limit:
            return None
        flit, cycle = self.packets[0]
        fields = FLIT.unpack(flit)
        address = self.base + 2 * self.collected + self.second
        if self.second:
            return True, address, COLLECT_STAMP.pack(tag=fields["tag"], cycle=cycle % (1 << COLLECT_CYCLE_BITS))
        return True, address, INJECT_EVENT.pack(op=fields["kind"], axon=fields["axon"], payload=fields["payload"])

    def step(self, *, accepted: bool, taken: tuple[int, int] | None) -> bool:
        """True in the last cycle of the run. ``taken``: a SPIKE or END accepted, and the cycle."""
        stores = self.collected < self.limit
        if self.packets and (accepted or not stores):
            if self.second:
                flit, _ = self.packets.popleft()
                self.overflow |= not stores
                self.collected += 1
                self.ended += FLIT.unpack(flit)["kind"] == Kind.END
            self.second ^= 1
        if taken is not None:
            self.packets.append(taken)
        return self.ended >= self.ends


@dataclass
class Configuration:
    limit: int  # entries in flight
    base: int
    count: int
    read_base: int
    cycles: int = 0
    requested: int = 0
    entries: int = 0
    returned: int = 0
    stored: int = 0
    address: int | None = None
    out: tuple[int, int] | None = None  # the register that feeds the chain
    values: deque = field(default_factory=deque)

    def request(self) -> Request:
        if self.values:
            return True, self.read_base + self.stored, self.values[0]
        if self.requested < 2 * self.count and (self.requested % 2 or self.entries < self.limit):
            return False, self.base + self.requested, 0
        return None

    def step(self, *, accepted: bool, response: int | None, back: tuple[int, int, bool] | None) -> bool:
        """True in the last cycle. ``back``: address, data and read bit of the word at the end of the chain."""
        last = self.returned == self.count and not self.values
        self.cycles += 1
        if accepted and self.values:
            self.values.popleft()
            self.stored += 1
        elif accepted:
            self.entries += self.requested % 2 == 0
            self.requested += 1
        self.out = None
        if response is not None and self.address is None:
            self.address = response
        elif response is not None:
            self.out, self.address = (self.address or 0, response), None
        if back is not None:
            self.returned += 1
            self.entries -= 1
            if back[2]:
                self.values.append(back[1])
        return last
