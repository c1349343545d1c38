"""Number formats that a dense accelerator multiplies in."""

from __future__ import annotations

from dataclasses import dataclass

from .work import Work


@dataclass(frozen=True)
class Price:
    """Names of the constants of one multiplication and one addition, whatever the operands."""

    multiply: str
    add: str


@dataclass(frozen=True)
class Arithmetic:
    """A number format. ``bits`` of weights and activations; None: those of the network's integers, see `work`.

    ``price``: None of integers, which have that of the machine's `Toggling`.
    """

    name: str
    title: str
    bits: int | None
    sum_bits: int | None
    price: Price | None

    def weight_bits(self, work: Work) -> int:
        """Bits of a weight, or of the activation in its place; 0 where there is none."""
        return work.weight_bits if self.bits is None or not work.multiplies else self.bits

    def activation_bits(self, bits: int) -> int:
        """Bits of an activation whose integer has ``bits``."""
        return bits if self.bits is None else self.bits


INTEGERS = Arithmetic("integers", "the network's integers", None, None, None)
INT8 = Arithmetic("int8", "int8", 8, 32, Price("multiply_int8", "add_int32"))
FP16 = Arithmetic("fp16", "fp16", 16, 16, Price("multiply_fp16", "add_fp16"))
FP32 = Arithmetic("fp32", "fp32", 32, 32, Price("multiply_fp32", "add_fp32"))
ARITHMETICS = (INTEGERS, INT8, FP16, FP32)
