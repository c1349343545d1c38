"""Products of two sources, in float64: what dynamic weights compute."""

from __future__ import annotations

import numpy as np

from ...network.synapses import SynapseOp
from .neurons import FloatArray
from .nodes import Product

_SUBSCRIPTS = {
    SynapseOp.QK: "ahdp,ahdj->ahjp",  # a: samples, h: heads, p: positions of the source, j: of the rows
    SynapseOp.PV: "ahjp,ahej->ahep",
    SynapseOp.KV: "ahdj,ahej->ahed",
}


def multiply(node: Product, source: FloatArray, rows: FloatArray) -> FloatArray:
    """The sums for ``source`` and ``rows``, (samples, channels, positions...) each; positions of the result are the source's, of KV (features of a head,)."""
    samples, heads = len(source), node.heads
    one, two = (x.reshape(samples, heads, x.shape[1] // heads, -1) for x in (source, rows))
    made = np.einsum(_SUBSCRIPTS[node.op], one, two, optimize=True)
    positions = made.shape[3:] if node.op is SynapseOp.KV else source.shape[2:]
    return made.reshape(samples, heads * made.shape[2], *positions)
