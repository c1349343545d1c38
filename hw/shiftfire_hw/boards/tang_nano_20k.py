"""Sipeed Tang Nano 20K, which amaranth-boards 0.0.21 does not have.

Pins as in the maker's documentation (wiki.sipeed.com, Tang Nano 20K).
"""

from typing import Any

from amaranth.build import Attrs, Clock, Pins, PinsN, Resource, Subsignal
from amaranth.vendor import GowinPlatform

_CMOS33 = Attrs(IO_TYPE="LVCMOS33")
_LEDS = "15 16 17 18 19 20"
_BUTTONS = "88 87"


class TangNano20kPlatform(GowinPlatform):
    """GW2AR-18 in QN88; LEDs light with a low pin, buttons give a high one; the serial line goes to the USB bridge."""

    part: Any = "GW2AR-LV18QN88C8/I7"
    family: Any = "GW2AR-18C"
    default_clk = "clk27"
    resources = [
        Resource("clk27", 0, Pins("4", dir="i"), Clock(27e6), _CMOS33),
        *(Resource("led", n, PinsN(pin, dir="o"), _CMOS33) for n, pin in enumerate(_LEDS.split())),
        *(Resource("button", n, Pins(pin, dir="i"), _CMOS33) for n, pin in enumerate(_BUTTONS.split())),
        Resource(
            "uart",
            0,
            Subsignal("rx", Pins("70", dir="i")),
            Subsignal("tx", Pins("69", dir="o")),
            Attrs(IO_TYPE="LVCMOS33", PULL_MODE="UP"),
        ),
    ]
    connectors = []
