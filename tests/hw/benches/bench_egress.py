"""Egress against docs/architecture.md "Egress", cycle by cycle: slots, order, credits first."""

from collections import deque

import cocotb
from shiftfire_hw.core.counters import BUMP_BITS
from shiftfire_hw.testing.streams import Bench
from shiftfire_spec.counters import COUNTERS, Counter
from shiftfire_spec.packet import AXON_BITS, FLIT, Kind
from shiftfire_spec.stream import GROUP_CREDIT, PORT_CONTROL, PORT_SLOTS
from unit_chips import CHIPS
from units import Unit

CYCLES = 1200
IDLE = {"i": 0.3, "stall": 0.3, "credit": 0.1, "open": 0.3}


class Checked:
    """Random events, credit requests, opening slots and back-pressure; the model is a set of open slots and a flag."""

    def __init__(self, bench, name, chip):
        rng = bench.random
        self.bench, self.chip, self.unit = bench, chip, Unit(bench.dut, f"egress_{name}")
        self.mask = {slot for slot in range(chip.slots) if rng.random() < 0.5} | {chip.slots - 1}
        self.tag, self.credit = rng.randrange(chip.tags), (rng.randrange(chip.tags), rng.randrange(chip.slots))
        self.unit.set(port=PORT_CONTROL.pack(tag=self.tag), group_credit=GROUP_CREDIT.pack(tag=self.credit[0], slot=self.credit[1]))
        self.unit.set(slots=PORT_SLOTS.pack(mask=sum(1 << slot for slot in self.mask)))
        self.opened, self.sending = set(), False
        self.items = deque()
        self.requesting = False
        self.flits, self.vectors, self.credits = [], 0, 0

    def drive(self):
        rng = self.bench.random
        if not self.items and rng.random() > IDLE["i"]:
            end = rng.random() < 0.25
            self.items.append((1, 0, 0) if end else (0, rng.getrandbits(20), rng.getrandbits(8)))
        self.valid = bool(self.items)
        end, axon, payload = self.items[0] if self.valid else (0, 0, 0)
        self.ready = rng.random() > IDLE["stall"]
        self.requesting = self.requesting or rng.random() < IDLE["credit"]
        self.opens = rng.randrange(self.chip.slots) if rng.random() < IDLE["open"] else None
        self.unit.set(i__valid=self.valid, i__payload=end | axon << 1 | payload << (1 + AXON_BITS), o__ready=self.ready)
        self.unit.set(credit__request=self.requesting, slot__opened=int(self.opens is not None), slot__slot=self.opens or 0)

    def observe(self):
        where = f"{self.chip.name}, cycle {self.bench.cycles}"
        all_open = self.mask <= self.opened
        begins = not self.sending and self.valid and all_open
        offers = self.sending and self.valid and not self.requesting
        moves = offers and self.ready
        assert self.unit.get("o__valid") == (self.requesting or offers), where
        assert self.unit.get("i__ready") == moves, where
        if self.requesting or offers:
            end, axon, payload = self.items[0] if offers else (0, 0, 0)
            event = FLIT.pack(kind=Kind.END if end else Kind.SPIKE, tag=self.tag, axon=axon, payload=payload)
            credit = FLIT.pack(kind=Kind.CREDIT, tag=self.credit[0], payload=self.credit[1])
            assert self.unit.get("o__payload") == (credit if self.requesting else event), where
        if self.requesting:
            assert self.unit.get("credit__ready") == self.ready, where
        ends = bool(moves and self.items[0][0])
        self._check_counters(where, all_open, moves, ends)
        if begins:
            self.opened -= self.mask
        if self.opens is not None:
            self.opened.add(self.opens)
        self.sending = (self.sending or begins) and not ends
        self.credits += self.requesting and self.ready
        self.requesting = self.requesting and not self.ready
        if moves:
            self.items.popleft()
        self.vectors += ends

    def _check_counters(self, where, all_open, moves, ends):
        expected = {
            Counter.EGRESS_WAIT_CREDIT: not self.sending and self.valid and not all_open,
            Counter.EGRESS_STALL: self.sending and self.valid and not moves,
            Counter.EVENTS_OUT: moves and not ends,
            Counter.VECTORS_OUT: ends,
        }
        word = self.unit.get("bumps")
        bumps = {Counter(c): word >> (c * BUMP_BITS) & (2**BUMP_BITS - 1) for c in range(COUNTERS)}
        assert {c: n for c, n in bumps.items() if n} == {c: 1 for c, on in expected.items() if on}, where


@cocotb.test()
async def random_traffic(dut):
    bench = Bench(dut)
    units = [bench.add(Checked(bench, name, chip)) for name, chip in CHIPS.items()]
    await bench.start()
    await bench.cycle(CYCLES)
    assert all(unit.credits > CYCLES // 30 for unit in units)
    assert [unit.vectors > 0 for unit in units] == [True] * len(units)
