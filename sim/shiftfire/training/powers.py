"""Trainable twins of the neurons and receivers of powers of two: BSPN, PTSOFTMAX, recode tables.

Forward they are golden's integers, held in float32; backward they are the smooth functions that the powers stand for. The mean in BSPN and the
denominator in PTSOFTMAX take part in the gradient: training collapses without.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from shiftfire_spec.shift_units import BSPN_VALUE_BITS, PTSOFTMAX_FRACTION_BITS
from torch import Tensor, nn

from ..golden.bspn import MAX_EXPONENT, sorbet_codes
from ..golden.ptsoftmax import count_table
from ..network.neurons.bspn import Bspn
from ..network.neurons.ptsoftmax import Ptsoftmax
from ..network.recode import recode_index
from ..network.values import IntArray
from .quantise import IntegerVector, through, to_integers

LEAST_GAIN, GREATEST_GAIN = 2.0**-6, 2.0**4  # of BSPN's channels
LEAST_MEAN = 2.0**-10  # keeps the gradient of a group of zeros finite


def log_rounded(magnitudes: Tensor) -> Tensor:
    """``round(log2 m)`` of integers m in float32, -1 for 0: exact, as a mantissa of 24 bits is squared in float64."""
    mantissa, exponent = torch.frexp(magnitudes)
    up = mantissa.double() ** 2 >= 0.5
    return torch.where(magnitudes == 0, -1, exponent - 1 + up)


class TrainedBspn(nn.Module):
    """BSPN over all channels (one group), emitting powers of two; value 1 is the power ``2**fraction``.

    ``gain`` is the published ``gamma / sqrt(psi2)``, trained as one; ``2**round(log2 gain)`` takes effect. ``bias`` counts units of ``2**fraction``.
    """

    def __init__(self, channels: int, *, fraction: int, guard: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(channels))
        self.bias = IntegerVector(channels, unit=1 << fraction, start=0.0)
        self.beta = IntegerVector(channels, unit=1 << (fraction + guard), start=0.0)
        self.fraction, self.guard = fraction, guard
        self.group_log2 = channels.bit_length() - 1
        if channels != 1 << self.group_log2:
            raise ValueError(f"bspn: {channels} channels are no power of two; the mean is a shift")

    def shift(self) -> Tensor:
        """Left shift of each channel, without the group's size: fraction bits of y plus the exponent of the gain."""
        return self.gain.detach().abs().clamp(LEAST_GAIN, GREATEST_GAIN).log2().round() + self.fraction + self.guard

    def forward(self, sums: Tensor) -> Tensor:
        """Signed powers of two (batch, channels, height, width) of sums of that shape."""
        x = sums + _per_channel(self.bias())
        mean = x.abs().mean(1, keepdim=True).clamp(min=LEAST_MEAN)
        with torch.no_grad():
            total = x.abs().sum(1, keepdim=True)
            length = torch.where(total == 0, 0, torch.frexp(total)[1])
            exponent = _per_channel(self.shift()) + self.group_log2 - length
            scaled = torch.ldexp(x, exponent).floor() * _per_channel(torch.sign(self.gain) + (self.gain == 0))
        unit = float(1 << (self.fraction + self.guard))
        ratio = (mean * torch.exp2(self.group_log2 - length.float())).detach()  # of the mean to its power of two, 1/2..1
        smooth = x / mean * ratio * _per_channel(self.gain) * unit
        limit = (1 << (BSPN_VALUE_BITS - 1)) - 1
        y = (through(smooth, scaled) + _per_channel(self.beta())).clamp(-limit, limit)
        rounded = (log_rounded(y.detach().abs()) - self.guard).clamp(max=MAX_EXPONENT)
        power = torch.where(rounded < 0, 0.0, torch.sign(y.detach()) * torch.exp2(rounded.clamp(min=0).float()))
        return through(y / (1 << self.guard), power)

    def export(self) -> Bspn:
        """The integer neurons."""
        return Bspn(
            bias=to_integers(self.bias()),
            shift=to_integers(self.shift()),
            negative=to_integers((self.gain < 0).float()),
            beta=to_integers(self.beta()),
            group=1 << self.group_log2,
            guard=self.guard,
        )


class Recode(nn.Module):
    """The signed quantiser ``clip(round_half_even(value / alpha), lo, hi)`` of a receiver of powers, where ``2**fraction`` is value 1."""

    def __init__(self, *, fraction: int, alpha: float, lo: int, hi: int) -> None:
        super().__init__()
        self.table = sorbet_codes(fraction=fraction, guard=0, alpha=alpha, lo=lo, hi=hi)[:-1]
        self.step = alpha * 2**fraction
        self.lo, self.hi = lo, hi

    def forward(self, powers: Tensor) -> Tensor:
        """Codes of powers, same shape."""
        values = np.asarray(powers.detach().numpy(), np.int64)
        codes = np.where(values == 0, 0, self.table[recode_index(np.where(values == 0, 1, values))])
        return through((powers / self.step).clamp(self.lo, self.hi), torch.from_numpy(codes).float())


class PowerSoftmax(nn.Module):
    """PTSOFTMAX over rows of ``entries`` channels, sending counts 0..``hi`` of a probability's ``2**-alpha_exponent``."""

    def __init__(self, *, entries: int, shift: int, alpha_exponent: int, hi: int) -> None:
        super().__init__()
        self.entries, self.shift, self.alpha_exponent = entries, shift, alpha_exponent
        self.counts: IntArray = np.minimum(count_table(alpha_exponent), hi)
        self.table = torch.from_numpy(self.counts).float()

    def forward(self, scores: Tensor) -> Tensor:
        """Counts (batch, rows * entries, height, width) of scores of that shape."""
        rows = scores.unflatten(1, (-1, self.entries))
        smooth = torch.softmax(rows * (math.log(2) / 2**self.shift), dim=2) * 2**self.alpha_exponent
        exact = self.table[self._exponents(rows.detach()).clamp(max=len(self.table) - 1).int()]
        return through(smooth, exact).flatten(1, 2)

    def _exponents(self, rows: Tensor) -> Tensor:
        """``e`` of each probability 2^-e; the sum over a row is exact in float64."""
        ceiled = (rows / 2**self.shift).ceil()
        distance = ceiled.amax(2, keepdim=True) - ceiled
        terms = torch.where(distance <= PTSOFTMAX_FRACTION_BITS, torch.exp2(-distance), 0.0)
        mantissa, exponent = torch.frexp(terms.sum(2, keepdim=True, dtype=torch.float64))
        return distance + (exponent - 1 + (mantissa >= 0.75))  # NEAREST_UP: from 1.5 * 2^L on to the next power

    def export(self, channels: int) -> Ptsoftmax:
        """The integer neurons."""
        return Ptsoftmax(bias=np.zeros(channels, np.int64), shift=self.shift, entries=self.entries, counts=self.counts)


def _per_channel(values: Tensor) -> Tensor:
    return values.view(-1, 1, 1)
