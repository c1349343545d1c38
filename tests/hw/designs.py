"""Designs that exist for the test benches: several instances of a unit under one top, so that one build tests them all."""

from typing import Any

from amaranth.hdl import Array, Module, Signal
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from shiftfire_hw.noc.arbiter import RoundRobin
from shiftfire_hw.noc.config_chain import ConfigNode, config_link
from shiftfire_hw.noc.queue import Queue
from shiftfire_spec.address import CONFIG_DATA_BITS


class QueueBank(Component):
    """Queues of several depths, side by side: ``i``, ``o``, ``level`` are arrays in the order of ``depths``."""

    i: list[stream.Interface]
    o: list[stream.Interface]
    level: list[Signal]

    def __init__(self, *, width: int, depths: tuple[int, ...]) -> None:
        self.width, self.depths = width, depths
        signature = stream.Signature(width)
        super().__init__(
            {
                "i": In(signature).array(len(depths)),
                "o": Out(signature).array(len(depths)),
                "level": Out(range(max(depths) + 1)).array(len(depths)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for index, depth in enumerate(self.depths):
            m.submodules[f"queue_{depth}"] = queue = Queue(shape=self.width, depth=depth)
            m.d.comb += [
                queue.i.payload.eq(self.i[index].payload),
                queue.i.valid.eq(self.i[index].valid),
                self.i[index].ready.eq(queue.i.ready),
                self.o[index].payload.eq(queue.o.payload),
                self.o[index].valid.eq(queue.o.valid),
                queue.o.ready.eq(self.o[index].ready),
                self.level[index].eq(queue.level),
            ]
        return m


class ArbiterBank(Component):
    """Arbiters of several sizes, side by side; the arrays are as wide as the largest."""

    requests: list[Signal]
    advance: list[Signal]
    grant: list[Signal]

    def __init__(self, *, counts: tuple[int, ...]) -> None:
        self.counts = counts
        widest = max(counts)
        super().__init__(
            {
                "requests": In(widest).array(len(counts)),
                "advance": In(1).array(len(counts)),
                "grant": Out(widest).array(len(counts)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for index, count in enumerate(self.counts):
            m.submodules[f"arbiter_{count}"] = arbiter = RoundRobin(count=count)
            m.d.comb += [
                arbiter.requests.eq(self.requests[index]),
                arbiter.advance.eq(self.advance[index]),
                self.grant[index].eq(arbiter.grant),
            ]
        return m


class ConfigChain(Component):
    """``tiles`` nodes in a row, each with ``words`` words of storage; the word at (tile, space, offset) is ``offset % words`` of its tile.

    Reads give the stored word plus ``space`` in bits 31..28, so that a test sees that the space arrives.
    """

    i: Any
    o: Any

    def __init__(self, *, tiles: int, words: int) -> None:
        self.tiles, self.words = tiles, words
        super().__init__({"i": In(config_link()), "o": Out(config_link())})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        previous = flipped(self.i)
        for tile in range(self.tiles):
            m.submodules[f"node_{tile}"] = node = ConfigNode()
            connect(m, previous, node.i)
            previous = node.o
            store = Array(Signal(CONFIG_DATA_BITS, name=f"word_{tile}_{index}") for index in range(self.words))
            word = store[node.config.offset[: (self.words - 1).bit_length()]]
            m.d.comb += [node.tile_id.eq(tile), node.read_data.eq(word ^ (node.config.space << 28))]
            with m.If(node.config.write):
                m.d.sync += word.eq(node.config.word)
        connect(m, previous, flipped(self.o))
        return m
