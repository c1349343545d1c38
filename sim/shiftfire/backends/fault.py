"""Injected faults: one bit of one tile's configuration, flipped on the way to the RTL."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec.address import CONFIG_ADDRESS, CONFIG_DATA_BITS, Space
from shiftfire_spec.errors import UserError

from ..compiler.program import Program


class FaultError(UserError, ValueError):
    """The fault cannot be injected; the message says why and what can."""


WRITABLE = {space.name.lower(): space for space in Space if space is not Space.COUNTER}


@dataclass(frozen=True)
class Fault:
    """Bit ``bit`` of word ``address`` in memory ``space`` of ``tile`` is flipped. Address and space are those of the configuration chain."""

    tile: int
    space: Space
    address: int
    bit: int

    @classmethod
    def parse(cls, text: str) -> Fault:
        """From ``TILE:MEMORY:ADDRESS:BIT``, MEMORY one of register, program, route, weight, parameter, axis_y, axis_x."""
        parts = text.split(":")
        if len(parts) != 4:
            raise FaultError(f"fault {text!r} is not TILE:MEMORY:ADDRESS:BIT, for example 0:weight:12:3")
        if parts[1].lower() not in WRITABLE:
            raise FaultError(f"fault {text!r}: no memory {parts[1]!r}; there are {', '.join(WRITABLE)}")
        try:
            tile, address, bit = int(parts[0], 0), int(parts[2], 0), int(parts[3], 0)
        except ValueError:
            raise FaultError(f"fault {text!r}: tile, address and bit must be whole numbers") from None
        return cls(tile, WRITABLE[parts[1].lower()], address, bit)

    @property
    def text(self) -> str:
        """As `parse` takes it."""
        return f"{self.tile}:{self.space.name.lower()}:{self.address}:{self.bit}"

    def apply(self, program: Program) -> NDArray[np.uint32]:
        """The program's image with the bit flipped. Raises FaultError when the image does not write that word."""
        image = program.image.copy()
        if not 0 <= self.bit < CONFIG_DATA_BITS:
            raise FaultError(f"fault: bit {self.bit} is out of range 0..{CONFIG_DATA_BITS - 1}")
        name = self.space.name.lower()
        if not 0 <= self.tile < program.chip.tiles:
            raise FaultError(f"fault: tile {self.tile} is out of range 0..{program.chip.tiles - 1} on chip {program.chip.name}")
        base = CONFIG_ADDRESS.pack(tile=self.tile, space=self.space)
        written = np.flatnonzero(
            (image[:, 0] & ~np.uint32(CONFIG_ADDRESS.pack(offset=CONFIG_ADDRESS.field("offset").maximum))) == base
        )
        offsets = image[written, 0] - base
        match = written[offsets == self.address]
        if not len(match):
            used = f"{offsets.min()}..{offsets.max()}" if len(offsets) else "none"
            raise FaultError(f"fault: word {self.address} of {name} in tile {self.tile} is not used by this program; used: {used}")
        image[match[-1], 1] ^= np.uint32(1 << self.bit)
        return image
