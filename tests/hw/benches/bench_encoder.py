"""Encoder against a deque of events, cycle by cycle."""

from collections import deque

import cocotb
from shiftfire_hw.testing.streams import Bench
from shiftfire_spec.packet import AXON_BITS
from unit_chips import CHIPS
from units import Unit, pack

CYCLES = 600
END = {"end": 1, "axon": 0, "payload": 0}


def event_word(event):
    return event["end"] | event["axon"] << 1 | event["payload"] << (1 + AXON_BITS)


class Checked:
    """Random steps and a random sink; ``held`` are the events that the encoder must still hold."""

    def __init__(self, bench, name, chip):
        self.bench, self.lanes, self.unit = bench, chip.fire_lanes, Unit(bench.dut, f"encoder_{name}")
        self.digit_bits = chip.accumulator_bits if chip.wide_values else 0
        self.axons = (1 << chip.axon_bits) - (1 << 8)
        self.held = deque()
        self.emitted = 0
        self.offer, self.drain, self.density = 0.7, 0.7, 0.5
        self.pending = None

    def drive(self):
        rng = self.bench.random
        if self.pending is None and rng.random() < self.offer:
            mask = sum((rng.random() < self.density) << lane for lane in range(self.lanes))
            wide = self.digit_bits and rng.random() < 0.6
            payloads = [self.digits() if wide else [rng.getrandbits(8)] for _ in range(self.lanes)]
            self.pending = (mask, payloads, int(wide), rng.randrange(self.axons), int(rng.random() < 0.3))
        mask, payloads, wide, axon, last = self.pending or (0, [[0]] * self.lanes, 0, 0, 0)
        narrow = [rng.getrandbits(8) if wide else payloads[lane][0] for lane in range(self.lanes)]
        word = mask | pack(narrow, 8) << self.lanes | axon << (9 * self.lanes) | last << (9 * self.lanes + AXON_BITS)
        if self.digit_bits:
            word |= self.wide_word(payloads, wide) << (9 * self.lanes + AXON_BITS + 1)
        self.open = rng.random() < self.drain
        self.unit.set(i__payload=word, i__valid=int(self.pending is not None), o__ready=self.open)

    def digits(self):
        """Payloads of a wide value: exponents, lowest first, with signs."""
        rng = self.bench.random
        chosen = sorted(rng.sample(range(self.digit_bits), rng.choice((1, 1, 2, self.digit_bits // 2, self.digit_bits))))
        return [exponent | rng.choice((0, 128)) for exponent in chosen]

    def wide_word(self, payloads, wide):
        """``wide``, and all lanes' digits and signs: rubbish when it is low."""
        rng, bits = self.bench.random, self.digit_bits
        if not wide:
            return rng.getrandbits(2 * self.lanes * bits) << 1
        digits = [sum(1 << (payload & 31) for payload in lane) for lane in payloads]
        negative = [sum((payload >> 7) << (payload & 31) for payload in lane) for lane in payloads]
        return 1 | pack(digits, bits) << 1 | pack(negative, bits) << (1 + self.lanes * bits)

    def observe(self):
        where = f"{self.lanes} lanes, cycle {self.bench.cycles}"
        assert self.unit.get("o__valid") == bool(self.held), where
        ready = len(self.held) == 0 or (len(self.held) == 1 and self.open)
        assert self.unit.get("i__ready") == ready, f"{where}: {len(self.held)} held"
        if self.held:
            assert self.unit.get("o__payload") == event_word(self.held[0]), where
            if self.open:
                self.held.popleft()
                self.emitted += 1
        if self.pending is not None and ready:
            mask, payloads, _, axon, last = self.pending
            self.held.extend(
                {"end": 0, "axon": axon + lane, "payload": payload}
                for lane in range(self.lanes)
                if mask >> lane & 1
                for payload in payloads[lane]
            )
            self.held.extend([END] * last)
            self.pending = None


@cocotb.test()
async def random_steps(dut):
    bench = Bench(dut)
    units = [bench.add(Checked(bench, name, chip)) for name, chip in CHIPS.items()]
    await bench.start()
    for offer, drain, density in ((0.7, 0.7, 0.5), (1.0, 1.0, 0.2), (1.0, 0.3, 0.5), (0.3, 1.0, 1.0), (1.0, 1.0, 1.0)):
        for unit in units:
            unit.offer, unit.drain, unit.density = offer, drain, density
        await bench.cycle(CYCLES // 5)
    assert all(unit.emitted > CYCLES // 5 for unit in units)
