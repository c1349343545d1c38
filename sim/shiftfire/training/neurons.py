"""Trainable twins of the LIF, COUNT and ARGMAX neurons."""

from __future__ import annotations

from typing import Any

import torch
from shiftfire_spec.fire import Reset
from torch import Tensor, nn

from ..network.neurons.argmax import Argmax
from ..network.neurons.count import Count
from ..network.neurons.lif import Lif
from ..network.neurons.membrane import LeakTerm
from .quantise import IntegerVector, through, to_integers

SURROGATE_SLOPE = 2.0
MEMBRANE_BITS = 14  # of the smallest preset, so that the models fit every chip's membranes


class _Spike(torch.autograd.Function):
    """1 where the distance to the threshold (in thresholds) is at least 0; the gradient is that of a scaled arc tangent."""

    @staticmethod
    def forward(ctx: Any, distance: Tensor) -> Tensor:
        ctx.save_for_backward(distance)
        return (distance >= 0).to(distance.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (distance,) = ctx.saved_tensors
        return gradients[0] / (1 + (SURROGATE_SLOPE * distance) ** 2)


def spike(distance: Tensor) -> Tensor:
    """1 where ``distance`` is at least 0, same shape, with the surrogate gradient."""
    fired = _Spike.apply(distance)
    assert isinstance(fired, Tensor)
    return fired


class TrainedLif(nn.Module):
    """LIF with one leak term ``V >> leak_shift``; threshold about ``unit`` at first.

    ``reset`` is SUBTRACT or ZERO; the gradient does not flow through a reset to zero. With ``trained`` off, threshold (``unit``)
    and bias (0) stay what they are.
    """

    def __init__(self, channels: int, *, unit: float, leak_shift: int, reset: Reset = Reset.SUBTRACT, trained: bool = True) -> None:
        super().__init__()
        self.theta = IntegerVector(channels, unit=unit, start=1.0, minimum=1).requires_grad_(trained)
        self.bias = IntegerVector(channels, unit=unit, start=0.0).requires_grad_(trained)
        self.leak_shift = leak_shift
        self.reset = reset
        self.rounds = True

    def forward(self, sums: list[Tensor]) -> list[Tensor]:
        """Spikes for each step's sums, (batch, channels) or (batch, channels, height, width)."""
        shape = (-1,) + (1,) * (sums[0].dim() - 2)
        theta, bias = self.theta().view(shape), self.bias().view(shape)
        potential = torch.zeros_like(sums[0])
        spikes = []
        for current in sums:
            decay = potential / 2**self.leak_shift
            potential = potential - (through(decay, decay.floor()) if self.rounds else decay) + current + bias
            potential = potential.clamp(-(1 << (MEMBRANE_BITS - 1)), (1 << (MEMBRANE_BITS - 1)) - 1)
            fired = spike((potential - theta) / theta.detach())
            potential = potential - theta * fired if self.reset is Reset.SUBTRACT else potential * (1 - fired.detach())
            spikes.append(fired)
        return spikes

    def export(self) -> Lif:
        """The integer neurons."""
        return Lif(
            theta=to_integers(self.theta()),
            bias=to_integers(self.bias()),
            leak=(LeakTerm(self.leak_shift),),
            reset=self.reset,
            v_min=-(1 << (MEMBRANE_BITS - 1)),
            v_max=(1 << (MEMBRANE_BITS - 1)) - 1,
        )


class TrainedCount(nn.Module):
    """COUNT with a threshold and bias per channel, counts ``lo``..``hi``; threshold about ``unit`` at first, bias ``start`` of that.

    A start of 1/2 makes it round to the nearest count.
    """

    def __init__(self, channels: int, *, unit: float, hi: int, lo: int = 0, start: float = 0.0) -> None:
        super().__init__()
        self.theta = IntegerVector(channels, unit=unit, start=1.0, minimum=1)
        self.bias = IntegerVector(channels, unit=unit, start=start)
        self.lo, self.hi = lo, hi

    def forward(self, sums: Tensor) -> Tensor:
        """Counts of sums, (batch, channels) or (batch, channels, height, width), same shape."""
        shape = (-1,) + (1,) * (sums.dim() - 2)
        theta = self.theta().view(shape)
        driven = sums + self.bias().view(shape)
        ratio = (driven / theta).clamp(self.lo, self.hi)
        exact = torch.div(driven.detach(), theta.detach(), rounding_mode="floor").clamp(self.lo, self.hi)
        return through(ratio, exact)

    def export(self) -> Count:
        """The integer neurons."""
        return Count(theta=to_integers(self.theta()), bias=to_integers(self.bias()), lo=self.lo, hi=self.hi)


class TrainedArgmax(nn.Module):
    """Read-out: integer sums plus bias, scaled to logits of order 1."""

    def __init__(self, classes: int, *, unit: float) -> None:
        super().__init__()
        self.bias = IntegerVector(classes, unit=unit, start=0.0)
        self.unit = unit

    def forward(self, sums: Tensor) -> Tensor:
        """Logits (batch, classes) of sums of that shape."""
        return (sums + self.bias()) / self.unit

    def export(self) -> Argmax:
        """The integer neurons."""
        return Argmax(bias=to_integers(self.bias()))
