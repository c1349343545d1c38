"""Double-buffered accumulators."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In
from shiftfire_spec.chip import ChipConfig

from ..settled_memory import settled_memory
from .bank_ports import FireBankPort, IntegrateBankPort, bank_word, fire_bank_port, integrate_bank_port


class Accumulators(wiring.Component):
    """Two banks of ``accumulator_groups`` words of ``lanes`` sums.

    Parameters
    ----------
    chip: ChipConfig
        ``accumulator_groups``, ``accumulator_bits`` and ``lanes`` are used.

    Members
    -------
    integrate: In(integrate_bank_port(chip))
        Works on its bank but for the time in which the fire engine owns that one.
    fire: In(fire_bank_port(chip))
        Works on its bank while it owns it.
    """

    integrate: IntegrateBankPort
    fire: FireBankPort

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        super().__init__({"integrate": In(integrate_bank_port(chip)), "fire": In(fire_bank_port(chip))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        integrate, fire = self.integrate, self.fire
        outputs = []
        written, word = (
            Signal(),
            Signal(bank_word(self.chip)),
        )  # a read of the word that the integrate engine writes sees what it writes
        with m.If(integrate.read):
            m.d.sync += [
                written.eq(integrate.write & (integrate.write_address == integrate.read_address)),
                word.eq(integrate.write_data),
            ]
        for index in range(2):
            m.submodules[f"bank{index}"] = memory = settled_memory(bank_word(self.chip), self.chip.accumulator_groups)
            write, read = memory.write_port(), memory.read_port()
            fires = Signal(name=f"fires{index}")
            m.d.comb += [
                fires.eq(fire.owns & (fire.bank == index)),
                read.en.eq(Mux(fires, fire.read, integrate.read & (integrate.bank == index))),
                read.addr.eq(Mux(fires, fire.read_address, integrate.read_address)),
                write.en.eq(Mux(fires, fire.clear, integrate.write & (integrate.bank == index))),
                write.addr.eq(Mux(fires, fire.clear_address, integrate.write_address)),
                write.data.eq(Mux(fires, 0, integrate.write_data)),
            ]
            outputs.append(read.data)
        m.d.comb += [
            integrate.read_data.eq(Mux(written, word, Mux(integrate.bank, outputs[1], outputs[0]))),
            fire.read_data.eq(Mux(fire.bank, outputs[1], outputs[0])),
        ]
        return m
