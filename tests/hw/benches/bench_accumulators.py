"""Accumulators against two lists: who owns a bank, reads that see the write of their cycle, clearing."""

import cocotb
from shiftfire_hw.testing.streams import Bench
from unit_chips import CHIPS
from units import Unit

COMPARED = 140  # reads that each side of every unit must have seen checked
LIMIT = 10_000  # cycles; a bank changes hands every twenty on average, so a seed alone cannot starve a side for that long


class Checked:
    """Random traffic on both sides; ``banks`` says what every read must give."""

    def __init__(self, bench, name, chip):
        self.bench, self.chip, self.unit = bench, chip, Unit(bench.dut, f"accumulators_{name}")
        self.word_bits = chip.lanes * chip.accumulator_bits
        self.banks = [{}, {}]
        self.expected = None  # (bank, word) that the integrate side was promised
        self.fire_expected = None
        self.owns, self.fire_bank, self.bank = False, 0, 0
        self.compared = self.fire_compared = 0

    def drive(self):
        rng, groups = self.bench.random, self.chip.accumulator_groups
        if rng.random() < 0.05:  # a FIRE starts or ends; banks change hands between cycles
            self.owns, self.fire_bank = not self.owns, rng.randrange(2)
            self.fire_expected = None
        if rng.random() < 0.05:
            self.bank = rng.randrange(2)
        near = rng.randrange(groups)
        self.read, self.write, self.fire_read, self.fire_clear = (rng.random() < 0.6 for _ in range(4))
        self.addresses = [near if rng.random() < 0.5 else rng.randrange(groups) for _ in range(4)]
        self.fire_clear &= not (
            self.fire_read and self.addresses[2] == self.addresses[3]
        )  # the fire engine never reads what it clears
        self.data = rng.getrandbits(self.word_bits)
        names = ("integrate__read_address", "integrate__write_address", "fire__read_address", "fire__clear_address")
        self.unit.set(**dict(zip(names, self.addresses, strict=True)))
        self.unit.set(
            integrate__bank=self.bank, integrate__read=self.read, integrate__write=self.write, integrate__write_data=self.data
        )
        self.unit.set(fire__owns=self.owns, fire__bank=self.fire_bank, fire__read=self.fire_read, fire__clear=self.fire_clear)

    def observe(self):
        where = f"{self.chip.name}, cycle {self.bench.cycles}"
        if self.expected is not None and self.expected[0] == self.bank:
            assert self.unit.get("integrate__read_data") == self.expected[1], f"{where}: integrate side"
            self.compared += 1
        if self.fire_expected is not None:
            assert self.unit.get("fire__read_data") == self.fire_expected, f"{where}: fire side"
            self.fire_compared += 1
        read, write, fire_read, clear = self.addresses
        mine = not (self.owns and self.fire_bank == self.bank)
        if mine and self.write:
            self.banks[self.bank][write] = self.data
        if self.owns and self.fire_clear:
            self.banks[self.fire_bank][clear] = 0
        self.expected = (self.bank, self.banks[self.bank].get(read, 0)) if mine and self.read else None
        if self.owns and self.fire_read:
            self.fire_expected = self.banks[self.fire_bank].get(fire_read, 0)  # held until the next read


@cocotb.test()
async def random_traffic(dut):
    bench = Bench(dut)
    units = [bench.add(Checked(bench, name, chip)) for name, chip in CHIPS.items()]
    await bench.start()
    await bench.until(
        lambda: all(min(unit.compared, unit.fire_compared) >= COMPARED for unit in units),
        limit=LIMIT,
        what=f"{COMPARED} checked reads on both sides of every unit",
    )
