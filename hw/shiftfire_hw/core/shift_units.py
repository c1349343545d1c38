"""The shift units of the fire engine: PTSOFTMAX, BSPN, SHIFTLIF and the table, of TABLE and of COUNT's levels, side by side."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.address import CONFIG_ADDRESS, CONFIG_DATA_BITS
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import FIRE_RANGE, FireOp
from shiftfire_spec.shift_units import (
    BSPN_GROUP,
    BSPN_PARAMETER,
    BSPN_VALUE_BITS,
    CODE_BITS,
    FIRE_PASSES,
    PTSOFTMAX_ONE_EXPONENT,
    TABLE_ENTRIES,
    UnitOutput,
)

from .bspn import POWER, Bspn
from .loaded_table import LoadedTable
from .ptsoftmax import PtSoftmax
from .registers import CORE_STRUCT
from .shift_spike import ShiftSpike


def requant_bits(chip: ChipConfig) -> int:
    """Width of what the fire engine requantises: an accumulator, or BSPN's y."""
    return max(chip.accumulator_bits, BSPN_VALUE_BITS) if chip.shift_units else chip.accumulator_bits


class ShiftUnits(wiring.Component):
    """What the step in F3 emits under the operations PTSOFTMAX, BSPN, SHIFTLIF, TABLE, and COUNT with levels (`shiftfire_spec.fire.FIRE_DOC`).

    ``a``, ``theta``, ``u`` (membrane before the spike) and ``valid`` are the lanes of the step; ``phase`` its pass, ``final`` the last one, ``first_of_pass``
    the first step of a pass; ``advance`` the cycle in which it leaves. Outputs are combinational. ``requant_a`` goes to the requantiser of
    the lane, whose result comes back as ``requant``; ``count`` is what COUNT's n is above lo. A lane emits ``power`` when ``emits_power``, else ``value`` where it is not 0.
    ``table_write`` with ``offset`` and ``word`` loads the table.
    """

    core: Any
    a: Any
    theta: Any
    u: Any
    valid: Any
    count: Any
    phase: Any
    final: Any
    first_of_pass: Any
    advance: Any
    requant: Any
    requant_a: Any
    v_next: Any
    value: Any
    power: Any
    emits_power: Any
    table_write: Any
    offset: Any
    word: Any

    def __init__(self, *, chip: ChipConfig) -> None:
        self.chip = chip
        lanes = chip.fire_lanes
        sums, membranes = (data.ArrayLayout(signed(bits), lanes) for bits in (chip.accumulator_bits, chip.membrane_bits))
        self.value_bits = FIRE_RANGE.field("span").bits + 1
        super().__init__(
            {
                "core": In(CORE_STRUCT),
                "a": In(sums),
                "theta": In(sums),
                "u": In(membranes),
                "valid": In(lanes),
                "count": In(data.ArrayLayout(FIRE_RANGE.field("span").bits, lanes)),
                "phase": In(range(max(FIRE_PASSES.values()))),
                "final": In(1),
                "first_of_pass": In(1),
                "advance": In(1),
                "requant": In(data.ArrayLayout(signed(self.value_bits), lanes)),
                "requant_a": Out(data.ArrayLayout(signed(requant_bits(chip)), lanes)),
                "v_next": Out(membranes),
                "value": Out(data.ArrayLayout(signed(self.value_bits), lanes)),
                "power": Out(data.ArrayLayout(POWER, lanes)),
                "emits_power": Out(1),
                "table_write": In(1),
                "offset": In(CONFIG_ADDRESS.field("offset").bits),
                "word": In(CONFIG_DATA_BITS),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        chip, core = self.chip, self.core
        control, config = core.fire_control, core.fire_units
        spikes = self._spikes(m)
        m.submodules.table = table = LoadedTable(shape=signed(CODE_BITS), entries=TABLE_ENTRIES, lanes=chip.fire_lanes)
        is_bspn, is_ptsoftmax = Signal(), Signal()
        m.d.comb += [
            is_bspn.eq(control.op == FireOp.BSPN),
            is_ptsoftmax.eq(control.op == FireOp.PTSOFTMAX),
            table.write.eq(self.table_write),
            table.address.eq(self.offset),
            table.word.eq(self.word),
            self.emits_power.eq((control.op == FireOp.SHIFTLIF) | ((is_bspn | is_ptsoftmax) & (config.output == UnitOutput.POWER))),
        ]
        bspn, ptsoftmax = self._bspn(m, is_bspn), self._ptsoftmax(m, is_ptsoftmax)
        for lane in range(chip.fire_lanes):
            requantised = is_bspn & (config.output == UnitOutput.REQUANT)
            m.d.comb += [
                self.requant_a[lane].eq(Mux(is_bspn, bspn.y[lane], self.a[lane])),
                self.value[lane].eq(Mux(requantised, self.requant[lane], table.o[lane])),
                table.index[lane].eq(self.requant[lane]),
                self.power[lane].exponent.eq(spikes[lane].exponent),
                self.power[lane].nonzero.eq(spikes[lane].spike),
                self.v_next[lane].eq(spikes[lane].v_next),
            ]
            with m.If(control.op == FireOp.COUNT):
                m.d.comb += table.index[lane].eq(self.count[lane])
            with m.If(is_bspn):
                m.d.comb += [table.index[lane].eq(bspn.index[lane]), self.power[lane].eq(bspn.power[lane])]
            with m.If(is_ptsoftmax):
                m.d.comb += [
                    table.index[lane].eq(ptsoftmax.index[lane]),
                    self.power[lane].exponent.eq(PTSOFTMAX_ONE_EXPONENT - ptsoftmax.exponent[lane]),
                    self.power[lane].nonzero.eq(ptsoftmax.exponent_valid[lane]),
                ]
        return m

    def _spikes(self, m: Module) -> list[ShiftSpike]:
        config, spikes = self.core.fire_units, []
        for lane in range(self.chip.fire_lanes):
            m.submodules[f"spike{lane}"] = spike = ShiftSpike(membrane_bits=self.chip.membrane_bits)
            m.d.comb += [
                spike.u.eq(self.u[lane]),
                spike.theta_log2.eq(self.theta[lane]),
                spike.levels.eq(config.levels),
                spike.rounding.eq(config.level_rounding),
            ]
            spikes.append(spike)
        return spikes

    def _bspn(self, m: Module, active: Signal) -> Bspn:
        chip, config = self.chip, self.core.fire_units
        m.submodules.bspn = bspn = Bspn(
            accumulator_bits=chip.accumulator_bits,
            lanes=chip.fire_lanes,
            group=BSPN_GROUP,
            value_bits=BSPN_VALUE_BITS,
            group_in_shift=True,
        )
        m.d.comb += [
            bspn.a.eq(self.a),
            bspn.valid.eq(self.valid),
            bspn.first.eq(self.first_of_pass),
            bspn.emit.eq(self.final),
            bspn.advance.eq(self.advance & active),
            bspn.scale.eq(config.scale),
            bspn.guard.eq(config.guard),
        ]
        negative, beta = BSPN_PARAMETER.offset("negative"), BSPN_PARAMETER.offset("beta")
        for lane in range(chip.fire_lanes):
            word = self.theta[lane]
            m.d.comb += [
                bspn.parameters[lane].shift.eq(word[:negative]),
                bspn.parameters[lane].negative.eq(word[negative]),
                bspn.parameters[lane].beta.eq(word[beta:].as_signed()),
            ]
        return bspn

    def _ptsoftmax(self, m: Module, active: Signal) -> PtSoftmax:
        chip = self.chip
        m.submodules.ptsoftmax = ptsoftmax = PtSoftmax(accumulator_bits=chip.accumulator_bits, lanes=chip.fire_lanes)
        m.d.comb += [
            ptsoftmax.a.eq(self.a),
            ptsoftmax.valid.eq(self.valid),
            ptsoftmax.first.eq(self.first_of_pass),
            ptsoftmax.advance.eq(self.advance & active),
            ptsoftmax.phase.eq(self.phase),
            ptsoftmax.shift.eq(self.core.fire_control.shift),
            ptsoftmax.rule.eq(self.core.fire_units.rule),
        ]
        return ptsoftmax
