"""Memories of the fire engine: parameters, leaks, membranes, currents, refractory periods."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Mux, Signal, Value, signed, unsigned
from amaranth.lib import data
from shiftfire_spec.address import Space

from ..noc.config_write import ConfigWrite
from ..settled_memory import settled_memory
from .fire_parts import FireParts


def parameters(fire: FireParts, config: ConfigWrite) -> Any:
    """Bias and threshold of each lane of the step in F1."""
    chip = fire.chip
    fire.m.submodules.parameters = memory = settled_memory(
        data.ArrayLayout(signed(chip.accumulator_bits), 2 * chip.fire_lanes), chip.parameter_groups * chip.steps_per_group
    )
    write, read = memory.write_port(granularity=1), memory.read_port()
    element_bits = (2 * chip.fire_lanes - 1).bit_length()
    fire.m.d.comb += [
        write.en.eq(Mux(config.to(Space.PARAMETER), 1 << config.offset[:element_bits], 0)),
        write.addr.eq(config.offset[element_bits:]),
        *(write.data[i].eq(config.word) for i in range(2 * chip.fire_lanes)),
        read.en.eq(fire.walker.issue),
        read.addr.eq(fire.walker.parameter_address),
    ]
    return read.data


def leaks(fire: FireParts, config: ConfigWrite) -> Any:
    """Leaks of each lane of the step in F1, of the membrane and (chips with currents) of the current: a word beside the parameters', read when the layer has them."""
    chip = fire.chip
    kinds = 1 + chip.currents
    fire.m.submodules.leaks = memory = settled_memory(
        data.ArrayLayout(unsigned(chip.leak_bits), kinds * chip.fire_lanes), chip.parameter_groups * chip.steps_per_group
    )
    write, read = memory.write_port(granularity=1), memory.read_port()
    place_bits = (2 * chip.fire_lanes - 1).bit_length()
    places = 1 << config.offset[:place_bits]
    held = Cat(places[2 * lane + kind] for lane in range(chip.fire_lanes) for kind in range(kinds))
    fire.m.d.comb += [
        write.en.eq(Mux(config.to(Space.LEAK), held, 0)),
        write.addr.eq(config.offset[place_bits:]),
        *(write.data[i].eq(config.word) for i in range(kinds * chip.fire_lanes)),
        read.en.eq(fire.walker.issue & fire.core.fire_control.neuron_leaks),
        read.addr.eq(fire.walker.parameter_address),
    ]
    return read.data


def state(fire: FireParts, name: str, *, has_state: Signal, write_enable: Value, initial: Value | int, following: Any) -> Any:
    """State of the step in F1, of neurons that have it: a memory ``name``, read as a step issues and written with ``following`` as it goes on in F3.

    A FIRE visits each word once; with ``first`` a step starts from ``initial`` instead.
    """
    chip, walker = fire.chip, fire.walker
    shape = following.shape()
    fire.m.submodules[name] = memory = settled_memory(shape, chip.accumulator_groups * chip.steps_per_group)
    write, port = memory.write_port(), memory.read_port()
    fire.m.d.comb += [
        port.en.eq(walker.issue & has_state & ~walker.from_init),
        port.addr.eq(walker.membrane_address),
        write.en.eq(write_enable),
        write.addr.eq(walker.stages[2].at.membrane),
        write.data.eq(following),
    ]
    word: Any = Signal(shape, name=name[0])
    fire.m.d.comb += [word[lane].eq(Mux(walker.from_init, initial, port.data[lane])) for lane in range(chip.fire_lanes)]
    return word
