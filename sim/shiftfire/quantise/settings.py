"""What is asked of a conversion, and what is chosen for a layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.weights import WeightFormat

from ..network.wide_weights import WIDE_BITS
from .errors import QuantiseError

BITS = (1, 2, 4, 8, WIDE_BITS)
FORMAT_OF_BITS = {1: WeightFormat.PM1, 2: WeightFormat.INT2, 4: WeightFormat.INT4, 8: WeightFormat.INT8}


@dataclass(frozen=True)
class Choices:
    """How a layer's integers are found. ``cancelling``: weights are rounded so that errors of a sum cancel. ``percentile``: clipped by percentile.

    ``compensation``: share of the leak's error that the weights make up for. ``lower_by``: bits of scale less than the membrane has room for.
    """

    cancelling: bool = True
    percentile: bool = False
    compensation: float = 0.0
    lower_by: int = 0


@dataclass(frozen=True)
class Settings:
    """``bits`` of a weight, and those of single layers; ``chip``: whose widths, leak terms and parts count; ``timesteps`` of a sample."""

    chip: ChipConfig
    timesteps: int
    bits: int = 8
    layer_bits: Mapping[str, int] = field(default_factory=dict[str, int])

    def bits_of(self, layer: str) -> int:
        """Bits of the weights of a layer's synapses."""
        return self.layer_bits.get(layer, self.bits)


def check_bits(what: str, bits: object) -> int:
    """``bits`` of a weight, when the fabric stores such. Raises QuantiseError."""
    if not isinstance(bits, int) or isinstance(bits, bool) or bits not in BITS:
        raise QuantiseError(f"{what}: weights of {bits} bits are not stored; use {', '.join(map(str, BITS))}")
    return bits


def check_wide(what: str, bits: int, chip: ChipConfig) -> None:
    """Raise QuantiseError when weights of ``bits`` take two synapses of one source and ``chip`` has no chains."""
    if bits == WIDE_BITS and not chip.chains:
        raise QuantiseError(
            f"{what}: weights of {WIDE_BITS} bits are two entries of one source, chip {chip.name} has chains = false; use 8, or a chip"
            " that has it (--set core.chains=true)"
        )


def offered_bits(chip: ChipConfig) -> tuple[int, ...]:
    """Bits that weights on ``chip`` can have."""
    return tuple(bits for bits in BITS if bits != WIDE_BITS or chip.chains)
