"""The I/O tile's documented cycle rules as plain Python: one object per part, stepped once per cycle.

Written from the docstrings of shiftfire_hw.io_tile, not from the code. Each ``request`` gives the memory request of a cycle from the state at its start.
"""

from collections import deque
from dataclasses import dataclass, field

from shiftfire_spec.address import CONFIG_ADDRESS, IO_CONFIG_TILE, Space
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.inject import (
    COLLECT_CYCLE_BITS,
    COLLECT_STAMP,
    INJECT_BEGIN,
    INJECT_EVENT,
    INJECT_PLAY,
    REGION_ADDRESS_BITS,
    ROOM,
    STORE,
    InjectOp,
)
from shiftfire_spec.packet import FLIT, Kind

Request = tuple[bool, int, int] | None  # write, address, data


def fields(layout, word):
    """Fields in the low bits of a memory word."""
    return layout.unpack(word & ((1 << layout.bits) - 1))


def region_words(chip: ChipConfig) -> int:
    """Addresses that an entry of the table can have."""
    return 1 << min(REGION_ADDRESS_BITS, chip.memory_address_bits)


@dataclass
class Table:
    """Store table: of each entry the address of the next packet, the start of its vector, and the room of a vector; the entries that store."""

    chip: ChipConfig
    store: dict = field(default_factory=dict)
    start: dict = field(default_factory=dict)
    room: dict = field(default_factory=dict)
    storing: set = field(default_factory=set)

    def write(self, address: int, data: int) -> None:
        """A word at the end of the configuration chain."""
        place = CONFIG_ADDRESS.unpack(address)
        entry = place["offset"]
        if place["tile"] != IO_CONFIG_TILE or place["read"] or entry >= self.chip.regions:
            return
        if place["space"] == Space.STORE:
            word = fields(STORE, data)
            self.store[entry] = self.start[entry] = word["address"] % region_words(self.chip)
            (self.storing.add if word["enable"] else self.storing.discard)(entry)
        elif place["space"] == Space.ROOM:
            self.room[entry] = fields(ROOM, data)["words"] % region_words(self.chip)

    def move(self, entry: int, *, end: bool) -> None:
        """A packet was stored, ``end``: the last of its vector."""
        if end:
            self.start[entry] = (self.start[entry] + self.room.get(entry, 0)) % region_words(self.chip)
        self.store[entry] = self.start[entry] if end else (self.store[entry] + 1) % region_words(self.chip)


@dataclass
class Injection:
    chip: ChipConfig
    base: int
    count: int
    requested: int = 0
    pointer: int = 0  # next word that is played
    playing: bool = False
    more: bool = False
    draining: bool = False
    reserved: int = 0
    in_flight: int = 0
    words: deque = field(default_factory=deque)
    state: str = "IDLE"
    tag: int = 0
    mask: int = 0
    opened: int = 0
    cycle: int = 0
    turns: int = 0  # plays begun
    waited: int = 0  # cycles for a time that has not come

    def request(self) -> Request:
        if self.draining or self.reserved == self.chip.inject_queue_depth:
            return None
        if self.playing:
            return False, self.pointer, 0
        return (False, (self.base + self.requested) % self.chip.memory_words, 0) if self.requested < self.count else None

    def done(self) -> bool:
        """Nothing of the program is left."""
        return not self.playing and not self.draining and self.requested == self.count and not self.reserved

    def packet(self) -> int | None:
        """Flit offered to the mesh."""
        if self.state != "SEND" or not self.words:
            return None
        event = fields(INJECT_EVENT, self.words[0][0])
        if event["op"] not in (InjectOp.EVENT, InjectOp.END):
            return None
        kind = Kind.END if event["op"] == InjectOp.END else Kind.SPIKE
        return FLIT.pack(kind=kind, tag=self.tag, axon=event["axon"] % (1 << self.chip.axon_bits), payload=event["payload"])

    def step(self, *, accepted: bool, response: int | None, mesh_ready: bool, credit: int | None) -> None:
        """``response``: of a read of this DMA."""
        drained = self.draining and self.in_flight == 0
        pop, turn = False, None
        head = self.words[0][0] if self.words else None
        op = None if head is None else head & 3
        waits = op == InjectOp.PLAY and self.chip.timed_inputs and fields(INJECT_PLAY, head)["wait"] and not self.playing
        if self.state == "IDLE" and head is not None:
            pop = True
            if op == InjectOp.BEGIN:
                self.tag, self.state = fields(INJECT_BEGIN, head)["tag"] % (1 << self.chip.tag_bits), "MASK"
            elif waits:
                self.state = "TIME_IDLE"
        elif self.state.startswith("TIME_") and head is not None:
            if self.cycle >= head:
                pop, self.state = True, self.state.removeprefix("TIME_")
            self.waited += not pop
        elif self.state == "MASK" and head is not None:
            pop, self.mask, self.state = True, head & ((1 << self.chip.slots) - 1), "OPEN"
        elif self.state == "OPEN":
            if self.opened & self.mask == self.mask:
                self.opened &= ~self.mask
                self.state = "SEND"
        elif self.state == "SEND" and head is not None:
            if waits:
                pop, self.state = True, "TIME_SEND"
            elif op == InjectOp.PLAY and not self.playing:
                pop, self.state, self.more = True, "ADDRESS", bool(fields(INJECT_PLAY, head)["more"])
            elif op not in (InjectOp.EVENT, InjectOp.END):
                pop = True
            elif mesh_ready:
                pop = True
                if op == InjectOp.END:
                    self.state, turn = "SEND" if self.playing and self.more else "IDLE", "back" if self.playing else None
        elif self.state == "ADDRESS" and head is not None:
            pop, turn, self.state = True, "play", "SEND"
        if credit is not None and credit < self.chip.slots:
            self.opened |= 1 << credit
        self.cycle += 1
        self.fetch(accepted=accepted, response=response, pop=pop, turn=turn, drained=drained)

    def fetch(self, *, accepted: bool, response: int | None, pop: bool, turn: str | None, drained: bool) -> None:
        """Every word in the queue comes with the number of the word after it, of the program."""
        playing = self.playing
        head, following = self.words.popleft() if pop else (0, 0)
        if response is not None and not self.draining:
            at = self.requested - self.in_flight  # answers come in the order of the requests
            self.words.append((response, at + 1))
        self.requested += accepted and not playing
        self.pointer = (self.pointer + (accepted and playing)) % self.chip.memory_words
        self.in_flight += accepted - (response is not None)
        self.reserved += accepted - pop
        if drained:
            self.draining, self.reserved = False, 0
        if turn is not None:
            self.words.clear()
            self.draining = True
        if turn == "play":
            self.requested, self.pointer, self.playing = following, head % self.chip.memory_words, True
            self.turns += 1
        elif turn == "back":
            self.playing = False


@dataclass
class Collection:
    chip: ChipConfig
    table: Table
    base: int
    limit: int
    ends: int
    packets: deque = field(default_factory=deque)
    second: int = 0
    collected: int = 0
    ended: int = 0
    overflow: bool = False
    stored: list = field(default_factory=list)  # (address, word)

    def ready(self) -> bool:
        return len(self.packets) < self.chip.ingress_queue_depth

    def stores(self) -> bool:
        return bool(self.packets) and not self.second and FLIT.unpack(self.packets[0][0])["tag"] in self.table.storing

    def request(self) -> Request:
        if not self.packets or (self.collected >= self.limit and not self.stores()):
            return None
        flit, cycle = self.packets[0]
        packet = FLIT.unpack(flit)
        event = INJECT_EVENT.pack(op=packet["kind"], axon=packet["axon"], payload=packet["payload"])
        if self.stores():
            return True, self.table.store[packet["tag"]], event
        address = (self.base + 2 * self.collected + self.second) % self.chip.memory_words
        if self.second:
            return True, address, COLLECT_STAMP.pack(tag=packet["tag"], cycle=cycle % (1 << COLLECT_CYCLE_BITS))
        return True, address, event

    def step(self, *, accepted: bool, taken: tuple[int, int] | None) -> bool:
        """True in the last cycle of the run. ``taken``: a SPIKE or END accepted, and the cycle."""
        if self.stores():
            if accepted:
                _, address, word = self.request() or (True, 0, 0)
                self.stored.append((address, word))
                packet = self.leave()
                self.table.move(packet["tag"], end=packet["kind"] == Kind.END)
        elif self.packets and (accepted or self.collected >= self.limit):
            if self.second:
                self.leave()
                self.overflow |= self.collected >= self.limit
                self.collected += 1
            self.second ^= 1
        if taken is not None:
            self.packets.append(taken)
        return self.ended >= self.ends

    def leave(self) -> dict[str, int]:
        packet = FLIT.unpack(self.packets.popleft()[0])
        self.ended += packet["kind"] == Kind.END
        return dict(packet)


@dataclass
class Configuration:
    limit: int  # entries in flight
    offset_bits: int  # that the chain carries
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
            place = CONFIG_ADDRESS.unpack(response)
            self.address = CONFIG_ADDRESS.pack(**{**place, "offset": place["offset"] % (1 << self.offset_bits)})
        elif response is not None:
            self.out, self.address = (self.address or 0, response), None
        if back is not None:
            self.returned += 1
            self.entries -= 1
            if back[2]:
                self.values.append(back[1])
        return last
