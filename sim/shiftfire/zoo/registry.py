"""All shipped models, in the order of the page: a model is one file here, and its name in this list."""

from __future__ import annotations

from .digits_cnn import DIGITS_CNN
from .digits_mlp import DIGITS_MLP
from .digits_ssf import DIGITS_SSF
from .entry import Entry
from .sdt_tiny import SDT_TINY
from .sorbet_tiny import SORBET_TINY
from .spikformer_tiny import SPIKFORMER_TINY

ENTRIES: tuple[Entry, ...] = (DIGITS_MLP, DIGITS_CNN, DIGITS_SSF, SPIKFORMER_TINY, SDT_TINY, SORBET_TINY)
