"""Dense accelerators that could be built: the same lanes and memories as the chip's cores, in an order that keeps one thing still."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.packet import FLIT

from ...network.graph import Layer, Network
from ..clock import Unit
from ..estimate import core_memories, leakage
from ..hardware import tile_hardware
from ..parts import Clock, EnergyEstimate, EnergyPart, merge, times
from ..sram import ACCESSES, Access, SramTable, load_sram
from ..table import DEFAULT_MOVEMENT, Constant, EnergyTable, load_table
from .arithmetic import INTEGERS, Arithmetic
from .toggling import Toggling
from .work import Work, activation_bits, works

Densities = Mapping[str, float]
"""Share of a source's activations that are not zero, by source."""


@dataclass(frozen=True)
class Prices:
    """What accesses to the memories of a core of ``chip`` cost, and the clock of a flip-flop."""

    chip: ChipConfig
    accesses: Mapping[tuple[str, Access], Constant]
    flip_flop: Constant

    def words(self, activations: float, bits: int) -> float:
        """Words for so many activations of ``bits`` bits in the membranes' memory: as many in a word as fit whole; wider ones take several words."""
        _, word = core_memories(self.chip)["membranes"]
        fit = word // bits
        return activations / fit if fit else activations * -(-bits // word)


def prices_of(chip: ChipConfig, sram: SramTable, table: EnergyTable) -> Prices:
    """Of a chip."""
    sizes = core_memories(chip).items()
    accesses: dict[tuple[str, Access], Constant] = {
        (name, access): sram.constant(*size, access) for name, size in sizes for access in ACCESSES
    }
    return Prices(chip, accesses, table.constant("flip_flop_clock"))


class Machine(ABC):
    """An order of computing. A cycle multiplies one weight of every lane."""

    name: ClassVar[str]
    title: ClassVar[str]
    toggling: ClassVar[Toggling]

    @abstractmethod
    def taken(self, work: Work, density: float) -> float:
        """Share of a synapse's cycles that are not skipped, where ``density`` of the activations are not zero."""

    @abstractmethod
    def traffic(self, work: Work, cycles: float, arithmetic: Arithmetic, prices: Prices) -> Iterator[EnergyPart]:
        """Accesses to weights, activations and partial sums in so many ``cycles`` of one synapse's work."""


def slices(work: Work, times: float, arithmetic: Arithmetic, prices: Prices) -> EnergyPart:
    """``times`` reads of one weight for every lane: a slice of the weight memory for each bit. Activations in the place of weights lie there too."""
    count = times * arithmetic.weight_bits(work)
    return EnergyPart("memory:weights read", work.layer, count, "reads", prices.accesses["weights", "read"])


def activations(work: Work, cycles: float, arithmetic: Arithmetic, prices: Prices) -> EnergyPart:
    """Reads of one activation per cycle, or of one for every output that has its own."""
    each = work.product.outputs / work.product.groups_of(prices.chip.lanes) if work.product.private else 1
    count = prices.words(cycles * each, arithmetic.activation_bits(work.activation_bits))
    return EnergyPart("memory:activations read", work.layer, count, "reads", prices.accesses["membranes", "read"])


def sum_bits(arithmetic: Arithmetic, chip: ChipConfig) -> int:
    """Bits of a partial sum."""
    return chip.accumulator_bits if arithmetic.sum_bits is None else arithmetic.sum_bits


def sum_words(arithmetic: Arithmetic, chip: ChipConfig) -> int:
    """Words of the accumulators that hold a partial sum of every lane."""
    return math.ceil(sum_bits(arithmetic, chip) / chip.accumulator_bits)


def estimate_machine(
    machine: Machine,
    arithmetic: Arithmetic,
    network: Network,
    chip: ChipConfig,
    samples: int,
    densities: Densities,
    *,
    table: EnergyTable | None = None,
) -> EnergyEstimate:
    """Energy of ``samples`` inferences of the network's twin on ``machine``, computing in ``arithmetic``.

    ``densities``: what machines that skip zeros skip by, and how often integers toggle. Its cycles are spread over all tiles evenly; gated, each clocks what a beat of the chip does.
    """
    table = table or load_table()
    sram = load_sram(table.constant("sram_margin"))
    prices = prices_of(chip, sram, table)
    parts: list[EnergyPart] = []
    cycles = 0.0
    for work in works(network):
        density = densities[work.source]
        share = machine.taken(work, density)
        taken = share * work.product.cycles(chip.lanes)
        cycles += taken * samples
        parts += operation_parts(work, density, share, arithmetic, machine.toggling, table)
        parts += machine.traffic(work, taken, arithmetic, prices)
    for layer in network.layers:
        parts += output_parts(layer, arithmetic, prices, table)
    parts += movement_parts(network, arithmetic, table)
    hardware = tile_hardware(chip)
    bits = {Clock.AS_BUILT: hardware.clocked, Clock.GATED: hardware.bits[Unit.INTEGRATE].working}
    return EnergyEstimate(
        machine.title if arithmetic is INTEGERS else f"{machine.title}, {arithmetic.title}",
        samples,
        merge(times(parts, samples)),
        {clock: (EnergyPart("clock", None, cycles * bits[clock], "bits x cycles", prices.flip_flop),) for clock in Clock},
        leakage(hardware, sram, chip.tiles, cycles / chip.tiles, chip.clock_mhz),
    )


def operation_parts(
    work: Work, density: float, share: float, arithmetic: Arithmetic, toggling: Toggling, table: EnergyTable
) -> Iterator[EnergyPart]:
    """Multiplications and additions.

    Integers that are zero toggle nothing, so of them the ``density`` that is not counts, and additions by the machine's `Toggling`. Floating point, and int8,
    have a price an operation: the ``share`` that is not skipped counts.
    """
    price = arithmetic.price
    products = density if price is None else share
    sums = density if price is None and not toggling.adds_zeros else share
    pairs = work.weight_bits * work.activation_bits if price is None else 1
    multiply, add = (toggling.multiply, toggling.add) if price is None else (price.multiply, price.add)
    yield EnergyPart("multiply", work.layer, work.macs * products * pairs, "multiplications", table.constant(multiply))
    yield EnergyPart("accumulate", work.layer, work.product.operations * sums, "additions", table.constant(add))
    if work.pooling:
        yield EnergyPart("accumulate", work.layer, work.pooling, "additions", addition(arithmetic, table))


def addition(arithmetic: Arithmetic, table: EnergyTable) -> Constant:
    """An addition that is not one of products."""
    return table.constant("accumulate" if arithmetic.price is None else arithmetic.price.add)


def output_parts(layer: Layer, arithmetic: Arithmetic, prices: Prices, table: EnergyTable) -> Iterator[EnergyPart]:
    """Bias, two comparisons (a ReLU that is requantised), and the activation written."""
    size = layer.shape.size
    yield EnergyPart("fire:accumulate", layer.name, size, "operations", addition(arithmetic, table))
    yield EnergyPart("fire:compare", layer.name, 2 * size, "operations", table.constant("compare"))
    words = prices.words(size, arithmetic.activation_bits(activation_bits(layer)))
    yield EnergyPart("memory:activations write", layer.name, words, "writes", prices.accesses["membranes", "write"])


def movement_parts(network: Network, arithmetic: Arithmetic, table: EnergyTable) -> Iterator[EnergyPart]:
    """Every activation to each consumer over the chip's own mesh, `dense_hops` hops of a flit that is filled to its last bit."""
    hop = table.movement(DEFAULT_MOVEMENT).hop
    hops = table.constant("dense_hops").value
    for layer in network.layers:
        for name in dict.fromkeys(name for synapses in layer.synapses for name in synapses.sources):
            source = network.source(name)
            bits = source.shape.size * arithmetic.activation_bits(activation_bits(source))
            yield EnergyPart("movement", layer.name, bits, "bits", hop, hops / FLIT.bits)
