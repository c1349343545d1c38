"""Shipped models that claims are tested on."""

from __future__ import annotations

MODELS = ("digits-mlp", "digits-cnn", "digits-ssf", "spikformer-tiny", "sdt-tiny", "sorbet-tiny")
TRANSFORMERS = ("spikformer-tiny", "sdt-tiny", "sorbet-tiny")
