"""Phase-locked loops: dividers for a clock, and the instances."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from amaranth.hdl import Instance, Signal
from shiftfire_spec.errors import ContractError


@dataclass(frozen=True)
class Dividers:
    """``output = input * feedback / reference``; the oscillator runs at ``output * post``."""

    reference: int
    feedback: int
    post: int


@dataclass(frozen=True)
class Limits:
    """What a PLL can do; frequencies in MHz."""

    compared: tuple[float, float]  # input / reference
    oscillator: tuple[float, float]
    reference: range
    feedback: range
    post: tuple[int, ...]


# As Project Trellis' ecppll has them.
ECP5 = Limits((3.125, 400), (400, 800), range(1, 129), range(1, 129), tuple(range(1, 129)))
# As Apicula has them for GW2A-18.
GOWIN = Limits((3, 500), (500, 1250), range(1, 65), range(1, 65), (2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128))


def find_dividers(limits: Limits, *, input_mhz: float, output_mhz: float) -> Dividers:
    """Dividers that give ``output_mhz`` exactly (to a millionth), with the fastest comparison. Raises ContractError."""
    for reference, feedback in product(limits.reference, limits.feedback):
        if not limits.compared[0] <= input_mhz / reference <= limits.compared[1]:
            continue
        if abs(input_mhz * feedback / reference - output_mhz) > 1e-6 * output_mhz:
            continue
        for post in limits.post:
            if limits.oscillator[0] <= output_mhz * post <= limits.oscillator[1]:
                return Dividers(reference, feedback, post)
    raise ContractError(f"no PLL setting makes {output_mhz:g} MHz of {input_mhz:g} MHz: give the chip another clock_mhz")


def ecp5_pll(*, input_mhz: float, output_mhz: float, clock_in: Signal, clock_out: Signal, locked: Signal) -> Instance:
    """EHXPLLL with its feedback from ``clock_out``. Raises ContractError."""
    dividers = find_dividers(ECP5, input_mhz=input_mhz, output_mhz=output_mhz)
    return Instance(
        "EHXPLLL",
        a_FREQUENCY_PIN_CLKI=f"{input_mhz:g}",
        a_FREQUENCY_PIN_CLKOP=f"{output_mhz:g}",
        a_ICP_CURRENT="12",
        a_LPF_RESISTOR="8",
        a_MFG_ENABLE_FILTEROPAMP="1",
        a_MFG_GMCREF_SEL="2",
        p_FEEDBK_PATH="CLKOP",
        p_CLKI_DIV=dividers.reference,
        p_CLKFB_DIV=dividers.feedback,
        p_CLKOP_ENABLE="ENABLED",
        p_CLKOP_DIV=dividers.post,
        p_CLKOP_CPHASE=dividers.post - 1,
        p_CLKOP_FPHASE=0,
        i_CLKI=clock_in,
        i_CLKFB=clock_out,
        i_RST=0,
        i_STDBY=0,
        i_ENCLKOP=0,
        i_PHASESEL0=0,
        i_PHASESEL1=0,
        i_PHASEDIR=1,
        i_PHASESTEP=1,
        i_PHASELOADREG=1,
        o_CLKOP=clock_out,
        o_LOCK=locked,
    )


def gowin_pll(*, input_mhz: float, output_mhz: float, clock_in: Signal, clock_out: Signal, locked: Signal) -> Instance:
    """rPLL of a GW2AR-18 with internal feedback. Raises ContractError."""
    dividers = find_dividers(GOWIN, input_mhz=input_mhz, output_mhz=output_mhz)
    return Instance(
        "rPLL",
        p_DEVICE="GW2AR-18C",
        p_FCLKIN=f"{input_mhz:g}",
        p_IDIV_SEL=dividers.reference - 1,
        p_FBDIV_SEL=dividers.feedback - 1,
        p_ODIV_SEL=dividers.post,
        p_DYN_IDIV_SEL="false",
        p_DYN_FBDIV_SEL="false",
        p_DYN_ODIV_SEL="false",
        p_CLKFB_SEL="internal",
        p_CLKOUT_BYPASS="false",
        i_CLKIN=clock_in,
        i_CLKFB=0,
        i_RESET=0,
        i_RESET_P=0,
        i_FBDSEL=0,
        i_IDSEL=0,
        i_ODSEL=0,
        i_PSDA=0,
        i_DUTYDA=0,
        i_FDLY=0,
        o_CLKOUT=clock_out,
        o_LOCK=locked,
    )
