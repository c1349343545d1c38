"""The float counterpart of Sorbet: a small BERT."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

DROPOUT = 0.1
EMBEDDING_DEVIATION = 0.02  # BERT's


class FloatEncoder(nn.Module):
    """Embedding of words and positions, layer normalisation, encoder layers (post-norm, ReLU, softmax), mean over the tokens, linear read-out."""

    def __init__(self, *, words: int, window: int, hidden: int, heads: int, intermediate: int, layers: int, classes: int) -> None:
        super().__init__()
        self.words = nn.Parameter(torch.randn(words, hidden) * EMBEDDING_DEVIATION)
        self.positions = nn.Parameter(torch.randn(window, hidden) * EMBEDDING_DEVIATION)
        self.norm = nn.LayerNorm(hidden)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(hidden, heads, intermediate, dropout=DROPOUT, batch_first=True) for _ in range(layers)
        )
        self.readout = nn.Linear(hidden, classes)

    def forward(self, tokens: Tensor) -> Tensor:
        """Logits (batch, classes) of token numbers (batch, window)."""
        x = functional.dropout(self.norm(functional.embedding(tokens, self.words) + self.positions), DROPOUT, self.training)
        for layer in self.layers:
            x = layer(x)
        return self.readout(x.mean(1))
