"""Parameters of random modules: dyadic, so that float32 rounds nothing, or of full precision."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

WEIGHT_BITS = 3  # behind the point


def dyadic_(module: nn.Module, seed: int, gain: float = 1.0) -> nn.Module:
    """Weights of eighths, normalisation that scales by 1/2, 1 or 2 exactly; in eval mode."""
    rng = torch.Generator().manual_seed(seed)

    def eighths(shape: torch.Size, most: int) -> torch.Tensor:
        return torch.randint(-most, most + 1, shape, generator=rng) / 2**WEIGHT_BITS

    with torch.no_grad():
        for layer in layers_of(module):
            if isinstance(layer, nn.modules.batchnorm._BatchNorm):
                layer.eps = 0.0
                layer.running_var.copy_(4.0 ** torch.randint(-1, 2, layer.running_var.shape, generator=rng))
                layer.running_mean.copy_(eighths(layer.running_mean.shape, 2))
                layer.weight.copy_(2.0 ** torch.randint(-1, 2, layer.weight.shape, generator=rng) * gain)
                layer.bias.copy_(eighths(layer.bias.shape, 4))
            else:
                layer.weight.copy_(eighths(layer.weight.shape, 7))
                if layer.bias is not None:
                    layer.bias.copy_(eighths(layer.bias.shape, 2))
    return module.eval()


def real_(module: nn.Module, seed: int, gain: float = 1.0) -> nn.Module:
    """Weights of full precision, normalised so that neurons speak; in eval mode."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in layers_of(module):
            if isinstance(layer, nn.modules.batchnorm._BatchNorm):
                layer.running_var.copy_(0.2 + torch.rand(layer.running_var.shape, generator=rng))
                layer.running_mean.copy_(0.2 * torch.randn(layer.running_mean.shape, generator=rng))
                layer.weight.copy_((1 + torch.rand(layer.weight.shape, generator=rng)) * gain)
                layer.bias.copy_(0.5 * torch.rand(layer.bias.shape, generator=rng))
            else:
                fan = layer.weight[0].numel()
                layer.weight.copy_(torch.randn(layer.weight.shape, generator=rng) * (4 / fan) ** 0.5)
                if layer.bias is not None:
                    layer.bias.copy_(0.1 * torch.randn(layer.bias.shape, generator=rng))
    return module.eval()


def layers_of(module: nn.Module) -> Iterator[nn.Module]:
    """Those with weights, in order."""
    kinds = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.modules.batchnorm._BatchNorm)
    return (layer for layer in module.modules() if isinstance(layer, kinds))


def spikes(seed: int, *shape: int, rate: float = 0.4) -> torch.Tensor:
    """Random spikes."""
    return (torch.rand(shape, generator=torch.Generator().manual_seed(seed)) < rate).float()
