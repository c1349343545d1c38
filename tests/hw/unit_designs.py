"""Tops for the unit benches: many units under one top, so that one Verilator build serves many tests."""

from collections.abc import Mapping, Sequence
from typing import Any

import unit_chips as sizes
from amaranth.hdl import Module
from amaranth.lib import stream
from amaranth.lib.wiring import Component, In, Out, connect, flipped
from shiftfire_hw.core.accumulators import Accumulators
from shiftfire_hw.core.address_generator import AddressGenerator
from shiftfire_hw.core.argmax import Argmax, Largest
from shiftfire_hw.core.bank_ports import integrate_bank_port
from shiftfire_hw.core.count import Count
from shiftfire_hw.core.counters import Counters
from shiftfire_hw.core.delayed_reset import DelayedReset
from shiftfire_hw.core.digits import Digits
from shiftfire_hw.core.egress import Egress
from shiftfire_hw.core.encoder import EVENT, Encoder
from shiftfire_hw.core.fire import Fire
from shiftfire_hw.core.lane import Lane
from shiftfire_hw.core.leaky_integrator import Integrator, Leak
from shiftfire_hw.core.lif import Lif
from shiftfire_hw.core.multispike import MultiSpike
from shiftfire_hw.core.refractory import Refractory
from shiftfire_hw.core.registers import CoreRegisters
from shiftfire_hw.core.requant import Requant
from shiftfire_hw.core.sequencer import Sequencer
from shiftfire_hw.core.weight_memory import WeightMemory
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.packet import AXON_BITS


class Pack(Component):
    """Units side by side: the ports of unit ``name`` are ``name__<port>``."""

    def __init__(self, units: Mapping[str, Component]) -> None:
        self.units = dict(units)
        super().__init__({name: Out(unit.signature) for name, unit in self.units.items()})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        for name, unit in self.units.items():
            m.submodules[f"u_{name}"] = unit
            connect(m, flipped(getattr(self, name)), unit)
        return m


class LaneArgmax(Component):
    """`Largest`, then `Argmax`, in the same cycle."""

    def __init__(self, *, accumulator_bits: int, lanes: int, index_bits: int) -> None:
        self.largest = Largest(accumulator_bits=accumulator_bits, lanes=lanes, index_bits=index_bits)
        self.argmax = Argmax(accumulator_bits=accumulator_bits, index_bits=index_bits)
        members = {**self.largest.signature.members, **self.argmax.signature.members}
        super().__init__({name: member for name, member in members.items() if name not in ("i", "o")})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.u_largest, m.submodules.u_argmax = self.largest, self.argmax
        m.d.comb += [
            *(getattr(self.largest, name).eq(getattr(self, name)) for name in ("a", "valid", "base")),
            *(getattr(self.argmax, name).eq(getattr(self, name)) for name in ("first", "advance")),
            self.argmax.i.eq(self.largest.o),
            self.index.eq(self.argmax.index),
        ]
        return m


class Chain(Component):
    """Units in a row, for the whole step of a neuron: an output named in ``between`` feeds that input of the units after it, all other members are ports."""

    def __init__(self, units: Mapping[str, Component], *, between: Sequence[str]) -> None:
        self.units, self.between = dict(units), tuple(between)
        members = {name: member for unit in self.units.values() for name, member in unit.signature.members.items()}
        super().__init__({name: member for name, member in members.items() if name not in self.between})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        values: dict[str, Any] = {}
        for title, unit in self.units.items():
            m.submodules[f"u_{title}"] = unit
            for name, member in unit.signature.members.items():
                inner = getattr(unit, name)
                if member.flow == In:
                    m.d.comb += inner.eq(values[name] if name in self.between else getattr(self, name))
                elif name in self.between:
                    values[name] = inner
                else:
                    m.d.comb += getattr(self, name).eq(inner)
        return m


def lif_neuron(accumulator_bits: int, membrane_bits: int) -> Chain:
    """A LIF neuron's whole step."""
    units = {"leak": Leak(membrane_bits=membrane_bits), "lif": Lif(accumulator_bits=accumulator_bits, membrane_bits=membrane_bits)}
    return Chain(units, between=["decayed"])


def multispike_neuron(accumulator_bits: int, membrane_bits: int) -> Chain:
    """A multi-spike neuron's whole step."""
    widths = {"accumulator_bits": accumulator_bits, "membrane_bits": membrane_bits}
    units = {"leak": Leak(membrane_bits=membrane_bits), "integrator": Integrator(**widths), "multispike": MultiSpike(**widths)}
    return Chain(units, between=["decayed", "u"])


def datapath_units() -> Pack:
    """The arithmetic of the core at several widths."""
    units: dict[str, Component] = {"refractory": Refractory()}
    for bits in sizes.ACCUMULATOR_BITS:
        units[f"lane{bits}"] = Lane(accumulator_bits=bits)
        units[f"requant{bits}"] = Requant(accumulator_bits=bits)
    for accumulator_bits, membrane_bits in sizes.LIF_BITS:
        units[f"lif{accumulator_bits}"] = lif_neuron(accumulator_bits, membrane_bits)
        units[f"multispike{accumulator_bits}"] = multispike_neuron(accumulator_bits, membrane_bits)
        units[f"delayed_reset{accumulator_bits}"] = DelayedReset(accumulator_bits=accumulator_bits, membrane_bits=membrane_bits)
    for bits in sizes.DIGIT_BITS:
        units[f"digits{bits}"] = Digits(bits=bits)
    for bits in sizes.COUNT_BITS:
        units[f"count{bits}"] = Count(accumulator_bits=bits)
    for index in range(sizes.EXHAUSTIVE_COUNTS):
        units[f"small_count{index}"] = Count(accumulator_bits=sizes.EXHAUSTIVE_COUNT_BITS)
    for index in range(len(sizes.EXHAUSTIVE_THRESHOLDS)):
        units[f"small_multispike{index}"] = MultiSpike(
            accumulator_bits=sizes.EXHAUSTIVE_COUNT_BITS + 2, membrane_bits=sizes.EXHAUSTIVE_COUNT_BITS
        )
    for lanes in sizes.ARGMAX_LANES:
        units[f"argmax{lanes}"] = LaneArgmax(accumulator_bits=sizes.ARGMAX_BITS, lanes=lanes, index_bits=AXON_BITS)
    return Pack(units)


def control_units() -> Pack:
    """Memories, registers and control of the core on several chips."""
    units: dict[str, Component] = {}
    for name, chip in sizes.CHIPS.items():
        units[f"weight_memory_{name}"] = WeightMemory(chip=chip)
        units[f"accumulators_{name}"] = Accumulators(chip=chip)
        units[f"counters_{name}"] = Counters(chip=chip)
        units[f"registers_{name}"] = CoreRegisters(chip=chip)
        units[f"encoder_{name}"] = Encoder(chip=chip)
        units[f"egress_{name}"] = Egress(chip=chip)
        units[f"sequencer_{name}"] = Sequencer(chip=chip)
        units[f"address_generator_{name}"] = AddressGenerator(chip=chip)
    return Pack(units)


class FireEngine(Component):
    """Fire and encoder, with the accumulators' integrate side open to the bench as ``sums``, and the encoder's events at ``o``."""

    def __init__(self, *, chip: ChipConfig) -> None:
        self.fire, self.accumulators, self.encoder = Fire(chip=chip), Accumulators(chip=chip), Encoder(chip=chip)
        members = dict(self.fire.signature.members)
        super().__init__(
            {
                **{name: members[name] for name in ("run", "core", "command", "config", "bumps")},
                "sums": In(integrate_bank_port(chip)),
                "o": Out(stream.Signature(EVENT)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        ports: Any = self
        m.submodules.fire, m.submodules.accumulators, m.submodules.encoder = self.fire, self.accumulators, self.encoder
        m.d.comb += [self.fire.run.eq(ports.run), self.fire.core.eq(ports.core), ports.bumps.eq(self.fire.bumps)]
        connect(m, flipped(ports.command), self.fire.command)
        connect(m, flipped(ports.config), self.fire.config)
        connect(m, flipped(ports.sums), self.accumulators.integrate)
        connect(m, self.fire.sums, self.accumulators.fire)
        connect(m, self.fire.step, self.encoder.i)
        connect(m, self.encoder.o, flipped(ports.o))
        return m


def fire_engines() -> Pack:
    """A fire engine for every chip."""
    return Pack({name: FireEngine(chip=chip) for name, chip in sizes.CHIPS.items()})
