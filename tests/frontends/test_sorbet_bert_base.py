"""The true shape: BERT-base. One layer in the quick tests, all twelve in the slow ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shiftfire.frontends.sorbet.builder import Options
from shiftfire.frontends.sorbet.checkpoint import Checkpoint
from shiftfire.frontends.sorbet.compare import compare
from shiftfire.frontends.sorbet.generate import SIZES, generate_tensors
from shiftfire.frontends.sorbet.lower import Imported, import_checkpoint
from shiftfire.golden.execute import execute
from shiftfire.network.container import WEIGHTS_FILE, load_network, save_network
from support.sorbet_checkpoints import checkpoint_of, token_ids

BASE = SIZES["bert-base"]
WEIGHTS = 12 * (4 * 768 * 768 + 2 * 768 * 3072) + 768 * 768


def _import(layers: int, vocabulary: int, tokens: int) -> tuple[Checkpoint, Imported]:
    checkpoint = checkpoint_of(generate_tensors(replace(BASE, layers=layers, vocabulary=vocabulary), 1), BASE.heads)
    return checkpoint, import_checkpoint(checkpoint, Options(tokens))


def test_one_layer() -> None:
    checkpoint, made = _import(layers=1, vocabulary=1000, tokens=32)
    ids = token_ids(checkpoint, 1, 32)
    for row in compare(checkpoint, made, ids).layers[1:]:
        seen_input = row.layer.endswith(("query.input", "key.input", "value.input")) or row.layer == "layer0.attention"
        assert row.own["equal"] > (0.94 if seen_input else 0.96), row
        assert row.end_to_end["equal"] > row.model_equal - 0.05, row
    assert made.network.layer("layer0.scores").shape.channels == 12 * 32


@pytest.mark.slow
def test_twelve_layers(tmp_path: Path) -> None:
    """128 tokens: the container holds 85 million weights in bits, and gives back the network."""
    checkpoint, made = _import(layers=12, vocabulary=BASE.vocabulary, tokens=128)
    save_network(made.network, tmp_path / "net")
    assert WEIGHTS / 8 < (tmp_path / "net" / WEIGHTS_FILE).stat().st_size < WEIGHTS / 8 * 1.2
    loaded = load_network(tmp_path / "net")
    ids = token_ids(checkpoint, 1, 128)
    inputs = made.embedding.codes(ids)
    assert np.array_equal(execute(loaded, inputs).activations["pooled"], execute(made.network, inputs).activations["pooled"])
    for row in compare(checkpoint, made, ids).layers[1:]:
        assert row.end_to_end["equal"] > row.model_equal - 0.1, row
        assert row.own["equal"] > (0.93 if row.layer.startswith("layer0.") else 0.97), row
