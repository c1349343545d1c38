"""Nodes whose names a network cannot have, as SpikingJelly's `_1`, are renamed, and reported all the same."""

from __future__ import annotations

import numpy as np
import shiftfire as sf
from shiftfire.frontends.nir.build import build_graph
from support.nir_graphs import affine, chain, end, lif


def test_names_with_a_leading_underscore() -> None:
    tree = chain(input_1=end("Input", 4), _0=affine(3, 4), _1=lif(3, tau=np.full(3, 4e-4)), output=end("Output", 3))
    spikes = (np.random.default_rng(1).random((8, 12, 4)) < 0.5).astype(np.float64)
    made = sf.from_nir(build_graph(tree), profile="spikingjelly", calibrate=spikes)
    assert [layer.name for layer in made.network.layers] == ["1"]
    assert made.fidelity is not None and made.fidelity.layers[0].agreement == 1
