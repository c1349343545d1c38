"""A board's main memory against words in Python: a request per cycle, answers after exactly the latency."""

import os

import cocotb
from shiftfire_hw.testing.streams import Bench, value

WORDS = int(os.environ["BENCH_WORDS"])
LATENCY = int(os.environ["BENCH_LATENCY"])
CYCLES = 3000


@cocotb.test()
async def random_requests(dut):
    bench = Bench(dut)
    rng, words, due = bench.random, {}, {}
    dut.port__req_valid.value = 0
    await bench.start()
    places = [0, WORDS - 1, *(rng.randrange(WORDS) for _ in range(6))]
    for place in places:
        words[place] = None

    def check():
        assert value(dut.port__req_ready)
        expected = due.pop(bench.cycles, None)
        assert value(dut.port__rsp_valid) == (expected is not None)
        if expected is not None:
            assert value(dut.port__rsp_data) == expected

    for _ in range(CYCLES):
        place, write, data = rng.choice(places), rng.random() < 0.5, rng.getrandbits(32)
        valid = rng.random() < 0.8 and (write or words[place] is not None)
        dut.port__req_valid.value, dut.port__req_write.value = int(valid), int(write)
        dut.port__req_address.value, dut.port__req_data.value = place, data
        if valid and write:
            words[place] = data
        elif valid:
            due[bench.cycles + LATENCY] = words[place]
        await bench.cycle(check=check)
