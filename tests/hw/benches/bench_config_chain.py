"""Configuration chain: writes land, reads come back, everything passes in order and on time."""

import os

import cocotb
from shiftfire_hw.testing.streams import Bench, value
from shiftfire_spec.address import CONFIG_ADDRESS, Space


class Words:
    """Sends (address, data) pairs with random gaps; collects (cycle, address, data) at the end of the chain."""

    def __init__(self, bench, idle):
        self.bench, self.idle = bench, idle
        self.queue, self.sent, self.received = [], [], []

    def drive(self):
        dut, rng = self.bench.dut, self.bench.random
        word = self.queue.pop(0) if self.queue and rng.random() >= self.idle else None
        if word is not None:
            self.sent.append((self.bench.cycles, *word))
        dut.i__valid.value = int(word is not None)
        dut.i__address.value, dut.i__data.value = word or (rng.getrandbits(CONFIG_ADDRESS.bits), rng.getrandbits(32))

    def observe(self):
        dut = self.bench.dut
        if value(dut.o__valid):
            self.received.append((self.bench.cycles, value(dut.o__address), value(dut.o__data)))


def random_word(rng, tiles):
    address = CONFIG_ADDRESS.pack(
        read=rng.randrange(2), tile=rng.randrange(tiles + 2), space=rng.choice(list(Space)), offset=rng.getrandbits(19)
    )
    return address, rng.getrandbits(32)


@cocotb.test()
async def random_words(dut):
    tiles, words = int(os.environ["TILES"]), int(os.environ["WORDS"])
    bench = Bench(dut)
    agent = bench.add(Words(bench, idle=0.3))
    await bench.start()
    agent.queue = [(CONFIG_ADDRESS.pack(tile=t, offset=w), 0) for t in range(tiles) for w in range(words)]
    agent.queue += [random_word(bench.random, tiles) for _ in range(1000)]
    total = len(agent.queue)
    await bench.until(lambda: len(agent.received) == total, limit=4 * total, what="passage of all words")
    memory, reads = {}, 0
    for (sent, address, data), (received, address_out, data_out) in zip(agent.sent, agent.received, strict=True):
        fields = CONFIG_ADDRESS.unpack(address)
        place = (fields["tile"], fields["offset"] % words)
        if fields["tile"] < tiles and fields["read"]:
            data, reads = memory[place] ^ (fields["space"] << 28) & 0xFFFFFFFF, reads + 1
        elif fields["tile"] < tiles:
            memory[place] = data
        assert (received, address_out, data_out) == (sent + tiles, address, data)
    assert reads > 100
