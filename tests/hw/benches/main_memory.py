"""Main memory of a SoC under a bench."""

from collections import deque

from shiftfire_hw.testing.streams import value

_PORT = ("req_valid", "req_ready", "req_write", "req_address", "req_data", "rsp_valid", "rsp_data")


class MainMemory:
    """Main memory of ``size`` words that takes a request per cycle, or but for ``stall`` of them, and answers after ``latency`` cycles."""

    def __init__(self, bench, *, size, latency):
        self.bench, self.size, self.latency = bench, size, latency
        self.words, self.reads, self.stall = {}, deque(), 0.0
        self.handle = {n: getattr(bench.dut, f"memory__{n}") for n in _PORT}

    def drive(self):
        self.ready = not self.stall or self.bench.random.random() >= self.stall
        answers = bool(self.reads) and self.reads[0][0] <= self.bench.cycles
        self.handle["req_ready"].value = int(self.ready)
        self.handle["rsp_valid"].value = int(answers)
        self.handle["rsp_data"].value = self.reads.popleft()[1] if answers else self.bench.random.getrandbits(32)

    def observe(self):
        if self.ready and value(self.handle["req_valid"]):
            address = value(self.handle["req_address"])
            assert address < self.size
            if value(self.handle["req_write"]):
                self.words[address] = value(self.handle["req_data"])
            else:
                self.reads.append((self.bench.cycles + self.latency, self.words.get(address, 0)))
