"""Attention as published, written here: Spikformer's SSA with tokens first, a block of Spike-driven Transformer V2, and V1's masks."""

from __future__ import annotations

import torch
from spikingjelly.activation_based import layer, neuron, surrogate
from spikingjelly.activation_based.layer.attention import SpikeDrivenSelfAttention, TokenQKAttention
from spikingjelly.activation_based.model.spikformer import SpikformerBlock
from torch import nn

SCALE = 0.125


def fire(threshold: float = 1.0) -> nn.Module:
    return neuron.LIFNode(2.0, True, threshold, 0.0, surrogate.ATan(), step_mode="m")


def convolved(inner: int, out: int, kernel: int = 1, stride: int = 1) -> nn.Module:
    return layer.SeqToANNContainer(nn.Conv2d(inner, out, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(out))


class TokensFirst(nn.Module):
    """Spikformer's SSA as its authors wrote it (Zhou et al., 2023): Linear on (..., tokens, channels), (q k^T) v, the scale between or behind."""

    def __init__(self, dim: int, heads: int, between: bool) -> None:
        super().__init__()
        self.heads, self.between = heads, between
        self.q, self.k, self.v, self.proj = (nn.Linear(dim, dim) for _ in range(4))
        self.q_bn, self.k_bn, self.v_bn, self.proj_bn = (nn.BatchNorm1d(dim) for _ in range(4))
        self.q_lif, self.k_lif, self.v_lif, self.proj_lif = (fire() for _ in range(4))
        self.attn_lif = fire(0.5)

    def mapped(self, x: torch.Tensor, name: str) -> torch.Tensor:
        t, b, n, c = x.shape
        x = getattr(self, name)(x.flatten(0, 1))
        x = getattr(self, f"{name}_bn")(x.transpose(-1, -2)).transpose(-1, -2).reshape(t, b, n, c).contiguous()
        return getattr(self, f"{name}_lif")(x)

    def split(self, x: torch.Tensor) -> torch.Tensor:
        t, b, n, c = x.shape
        return x.reshape(t, b, n, self.heads, c // self.heads).permute(0, 1, 3, 2, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        t, b, c, h, w = x.shape
        tokens = x.flatten(3).transpose(-1, -2)
        q, k, v = (self.split(self.mapped(tokens, name)) for name in ("q", "k", "v"))
        attention = q @ k.transpose(-2, -1)
        mixed = (attention * SCALE) @ v if self.between else torch.matmul(attention, v) * SCALE
        mixed = self.attn_lif(mixed.transpose(2, 3).reshape(t, b, h * w, c))
        mixed = self.mapped(mixed, "proj")
        return mixed.transpose(-1, -2).reshape(t, b, c, h, w) + x


class MetaSpikeBlock(nn.Module):
    """A block of Spike-driven Transformer V2 (Yao et al., 2024): membrane shortcuts, RepConvs merged, q (k^T v)."""

    def __init__(self, dim: int, heads: int, inner: int = 2, stride: int = 1) -> None:
        super().__init__()
        self.heads = heads
        self.stem = convolved(inner, dim, 3, stride)
        self.head_lif = fire()
        self.q, self.k, self.v = (convolved(dim, dim, 3) for _ in range(3))
        self.q_lif, self.k_lif, self.v_lif = (fire() for _ in range(3))
        self.attn_lif, self.proj = fire(0.5), convolved(dim, dim, 3)
        self.mlp_lif, self.fc1 = fire(), convolved(dim, 2 * dim)
        self.hidden_lif, self.fc2 = fire(), convolved(2 * dim, dim)
        self.out_lif = fire()

    def split(self, x: torch.Tensor) -> torch.Tensor:
        t, b, c, h, w = x.shape
        return x.flatten(3).transpose(-1, -2).reshape(t, b, h * w, self.heads, c // self.heads).permute(0, 1, 3, 2, 4).contiguous()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        t, b, c, h, w = x.shape
        spikes = self.head_lif(x)
        q, k, v = (
            self.split(self.q_lif(self.q(spikes))),
            self.split(self.k_lif(self.k(spikes))),
            self.split(self.v_lif(self.v(spikes))),
        )
        mixed = (q @ (k.transpose(-2, -1) @ v)) * SCALE
        mixed = mixed.transpose(3, 4).reshape(t, b, c, h * w)
        x = x + self.proj(self.attn_lif(mixed).reshape(t, b, c, h, w))
        x = x + self.fc2(self.hidden_lif(self.fc1(self.mlp_lif(x))))
        return self.out_lif(x)


class Tokens(nn.Module):
    """SpikingJelly's attention on (..., channels, tokens), for images."""

    def __init__(self, attention: nn.Module) -> None:
        super().__init__()
        self.attention = attention

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.attention(x.flatten(3))


def blocks() -> dict[str, tuple[nn.Module, tuple[int, int, int]]]:
    """By name: a module with attention, and the shape of its events."""
    return {
        "spikformer-block": (SpikformerBlock(16, 2, mlp_ratio=2.0, v_reset=0.0), (16, 4, 4)),
        "tokens-first": (TokensFirst(12, 3, between=False), (12, 3, 3)),
        "scale-between": (TokensFirst(12, 3, between=True), (12, 3, 3)),
        "meta-block": (MetaSpikeBlock(16, 2), (2, 4, 4)),
        "masks": (nn.Sequential(convolved(2, 8, 3), SpikeDrivenSelfAttention(8, 2), fire()), (2, 4, 4)),
        "token-masks": (Tokens(TokenQKAttention(8, 2)), (8, 4, 4)),
    }
