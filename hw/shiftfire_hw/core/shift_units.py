"""The shift units of the fire engine: PTSOFTMAX, BSPN, SHIFTLIF and the table, of TABLE and of COUNT's levels, side by side."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from shiftfire_spec.address import Space
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

from ..noc.config_write import ConfigWrite, config_write
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

    Outputs are combinational. A lane emits ``power`` when ``emits_power``, else ``value`` where it is not 0.

    Parameters
    ----------
    chip: ChipConfig
        A chip with ``shift_units``.

    Members
    -------
    core: In(CORE_STRUCT)
        Core registers, stable during a run.
    a: In, theta: In
        By lane, signed(accumulator_bits): sums and thresholds of the step.
    u: In
        By lane, signed(membrane_bits): membranes before the spike.
    valid: In(fire_lanes)
        Lanes that are channels.
    count: In
        By lane: what COUNT's n is above lo.
    phase: In(range), final: In(1), first_of_pass: In(1)
        The step's pass, whether it is the last one, whether the step is the first in it.
    advance: In(1)
        The step leaves in this cycle.
    requant_a: Out, requant: In
        By lane: what goes to the lane's requantiser, and its result.
    v_next: Out
        By lane, signed(membrane_bits): SHIFTLIF's membranes after the spike.
    value: Out, power: Out, emits_power: Out(1)
        By lane: the payload as a number, or as a power of two (POWER), and which of them it is.
    config: In(config_write())
        Writes to Space.TABLE.
    """

    core: data.View
    a: data.View
    theta: data.View
    u: data.View
    valid: Signal
    count: data.View
    phase: Signal
    final: Signal
    first_of_pass: Signal
    advance: Signal
    requant: data.View
    requant_a: data.View
    v_next: data.View
    value: data.View
    power: data.View
    emits_power: Signal
    config: ConfigWrite

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
                "config": In(config_write()),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        chip, core = self.chip, self.core
        control, config = core.fire_control, core.fire_units
        spikes = self._spikes(m)
        m.submodules.table = table = LoadedTable(shape=signed(CODE_BITS), entries=TABLE_ENTRIES, lanes=chip.fire_lanes)
        is_bspn, is_ptsoftmax = Signal(), Signal()
        m.d.comb += [
            is_bspn.eq(control.op == FireOp.BSPN),
            is_ptsoftmax.eq(control.op == FireOp.PTSOFTMAX),
            table.write.eq(self.config.to(Space.TABLE)),
            table.address.eq(self.config.offset),
            table.word.eq(self.config.word),
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
