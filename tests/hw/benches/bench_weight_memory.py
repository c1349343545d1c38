"""Weight memory against the layout of the contract: every format, every group, every sub position."""

import cocotb
from shiftfire_hw.testing.streams import Bench
from shiftfire_spec.address import Space, weight_bit, weight_offset
from shiftfire_spec.weights import (
    FORMATS,
    SLICE_WORD_BITS,
    SLICES,
    WeightFormat,
    encode_weight,
    row_words,
    slice_words,
    slices_per_word,
)
from unit_chips import CHIPS
from units import Unit, pack, unpack

STORED = [weight_format for weight_format in WeightFormat if FORMATS[weight_format].bits]


def random_weight(rng, weight_format):
    info = FORMATS[weight_format]
    return rng.choice((-1, 1)) if weight_format is WeightFormat.PM1 else rng.randint(info.minimum, info.maximum)


async def write(bench, unit, offset, word):
    unit.set(config__write=1, config__space=Space.WEIGHT, config__offset=offset, config__word=word)
    await bench.cycle()
    unit.set(config__write=0)


async def write_row(bench, unit, chip, row, columns):
    """The row's slices, as integers of a bit per lane."""
    words = {}
    for index, column in enumerate(columns):
        for word in range(slice_words(chip.lanes)):
            part = (column >> (SLICE_WORD_BITS * word)) & ((1 << SLICE_WORD_BITS) - 1)
            offset = weight_offset(row, index, lanes=chip.lanes, word=word)
            words[offset] = words.get(offset, 0) | part << weight_bit(index, 0, lanes=chip.lanes)
    for offset, word in words.items():
        await write(bench, unit, offset, word)


async def fill(bench, unit, chip, weight_format):
    """Random weights [group][lane], written as the contract lays them out."""
    bits = FORMATS[weight_format].bits
    groups = []
    for row in range(chip.weight_rows):
        columns = []
        for _ in range(SLICES // bits):
            weights = [random_weight(bench.random, weight_format) for _ in range(chip.lanes)]
            groups.append(weights)
            columns += [pack([encode_weight(weight_format, weight) >> k for weight in weights], 1) for k in range(bits)]
        await write_row(bench, unit, chip, row, columns)
    return groups


async def read_all(bench, unit, chip, weight_format, groups):
    """Every group in random order; gaps hold the output."""
    order = list(range(len(groups))) * 2
    bench.random.shuffle(order)
    shown = None

    def check():
        if shown is not None:
            values = unpack(unit.get("weights"), 8, chip.lanes)
            if not FORMATS[weight_format].serial:
                values = [value & 1 for value in values]
                expected = [encode_weight(weight_format, weight) for weight in groups[shown]]
            else:
                expected = groups[shown]
            assert values == expected, f"{chip.name}: {weight_format.name} group {shown}"

    for group in order:
        unit.set(read=1, address=group, read_format=weight_format)
        await bench.cycle(check=check)
        shown = group
        while bench.random.random() < 0.2:
            unit.set(read=0, address=bench.random.getrandbits(20), read_format=bench.random.choice(STORED))
            await bench.cycle(check=check)
    unit.set(read=0)
    await bench.cycle(check=check)


@cocotb.test()
async def every_format(dut):
    bench = Bench(dut)
    await bench.start()
    for name, chip in CHIPS.items():
        unit = Unit(dut, f"weight_memory_{name}")
        unit.set(read=0, config__write=0)
        for weight_format in STORED:
            groups = await fill(bench, unit, chip, weight_format)
            await read_all(bench, unit, chip, weight_format, groups)


@cocotb.test()
async def load_and_clear(dut):
    """Rows cleared, then lanes replaced one by one, now and then twice in a row in the same row; nothing else changes."""
    bench = Bench(dut)
    await bench.start()
    for name, chip in CHIPS.items():
        if not chip.dynamic_weights:
            continue
        unit = Unit(dut, f"weight_memory_{name}")
        unit.set(read=0, config__write=0, load=0, clear=0)
        for weight_format in STORED:
            info = FORMATS[weight_format]
            per_row = SLICES // info.bits
            groups = await fill(bench, unit, chip, weight_format)
            rows = min(2, chip.weight_rows)
            first = bench.random.randrange(chip.weight_rows - rows + 1)
            for index in range(rows):
                unit.set(clear=1, clear_base=first * per_row, clear_index=index, read_format=weight_format)
                await bench.cycle()
                for group in range((first + index) * per_row, (first + index + 1) * per_row):
                    groups[group] = [info.minimum if weight_format is WeightFormat.PM1 else 0] * chip.lanes
            unit.set(clear=0)
            for _ in range(60):
                group = first * per_row + bench.random.randrange(rows * per_row if bench.random.random() < 0.5 else 1)
                lane, weight = bench.random.randrange(chip.lanes), random_weight(bench.random, weight_format)
                value = encode_weight(weight_format, weight)
                unit.set(read=1, load=1, address=group, read_format=weight_format, lane=lane, value=value)
                groups[group][lane] = weight
                await bench.cycle()
                if bench.random.random() < 0.3:
                    unit.set(read=0, load=bench.random.randrange(2), value=bench.random.getrandbits(8))
                    await bench.cycle()
            unit.set(read=0, load=0)
            await bench.cycle(2)
            await read_all(bench, unit, chip, weight_format, groups)


@cocotb.test()
async def mixed_formats(dut):
    """One row holds formats side by side; formats change from read to read."""
    bench = Bench(dut)
    chip, unit = CHIPS["wide"], Unit(dut, "weight_memory_wide")
    await bench.start()
    unit.set(read=0)
    slices = [[bench.random.getrandbits(chip.lanes) for _ in range(SLICES)] for _ in range(chip.weight_rows)]
    for row, columns in enumerate(slices):
        await write_row(bench, unit, chip, row, columns)
    for _ in range(300):
        weight_format = bench.random.choice(STORED)
        bits = FORMATS[weight_format].bits
        group = bench.random.randrange(chip.weight_rows * SLICES // bits)
        row, sub = divmod(group, SLICES // bits)
        raw = [sum((slices[row][sub * bits + k] >> lane & 1) << k for k in range(bits)) for lane in range(chip.lanes)]
        unit.set(read=1, address=group, read_format=weight_format)
        await bench.cycle()

        def check(raw=raw, bits=bits):
            assert [value % 2**bits for value in unpack(unit.get("weights"), 8, chip.lanes)] == raw

        unit.set(read=0)
        await bench.cycle(check=check)


async def write_while_reading(bench, unit, chip, rows, written):
    """New words in the rows ``written``, in any order, one per cycle; every cycle also reads a bit of the lanes in another row."""
    lanes, word_bits = chip.lanes, min(chip.lanes * slices_per_word(chip.lanes), SLICE_WORD_BITS)
    read = [row for row in range(chip.weight_rows) if row not in written]
    places = [(row, word) for row in written for word in range(row_words(lanes))]
    bench.random.shuffle(places)
    shown = None

    def check():
        if shown is not None:
            assert pack([value & 1 for value in unpack(unit.get("weights"), 8, chip.lanes)], 1) == shown, chip.name

    for row, word in places:
        rows[row][word] = data = bench.random.getrandbits(word_bits)
        where, bit = bench.random.choice(read), bench.random.randrange(SLICES)
        offset = weight_offset(row, 0, lanes=lanes) + word
        unit.set(config__write=1, config__space=Space.WEIGHT, config__offset=offset, config__word=data)
        unit.set(read=1, address=where * SLICES + bit, read_format=WeightFormat.PM1)
        await bench.cycle(check=check)
        words = [rows[where][weight_offset(0, bit, lanes=lanes, word=lane // SLICE_WORD_BITS)] for lane in range(lanes)]
        shown = pack([word >> weight_bit(bit, lane, lanes=lanes) for lane, word in enumerate(words)], 1)
    unit.set(config__write=0, read=0)
    await bench.cycle(check=check)


@cocotb.test()
async def written_while_read(dut):
    """Rows are configured while others are read: the ones read are right all the time, and the new ones in their turn."""
    bench = Bench(dut)
    await bench.start()
    for name, chip in CHIPS.items():
        unit = Unit(dut, f"weight_memory_{name}")
        unit.set(read=0, config__write=0, load=0, clear=0)
        rows = [[0] * row_words(chip.lanes) for _ in range(chip.weight_rows)]
        for row in range(chip.weight_rows):
            await write_row(bench, unit, chip, row, [0] * SLICES)
        for turn in range(4):
            await write_while_reading(bench, unit, chip, rows, range(turn % 2, chip.weight_rows, 2))
