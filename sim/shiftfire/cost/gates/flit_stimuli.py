"""Stimuli of a router: events of a layer, and uniform ones."""

from __future__ import annotations

import numpy as np
from shiftfire_spec.packet import FLIT, Kind, Port

from ...network.values import IntArray
from .flit_trace import flit_trace
from .runs import Runs
from .stimuli import PIECE, SEED, Stimuli, in_cycles, in_pieces

ROUTER_FILL = 6  # flits until every entry of a queue has held one, and one leaves in every cycle
FLIT_STREAMS = 64
TAG = 5


def router_stimuli(flits: IntArray, tag: int) -> Stimuli:
    """Of `Router`: ``flits`` (cycles, streams) of one tag from west to east, one in every cycle. Reset and the tag's route come first."""
    cycles, streams = flits.shape
    lead = np.arange(cycles + 2)[:, None]
    payload = np.concatenate([np.zeros((2, streams), np.int64), flits])
    quiet = {f"i__{port.value}__{name}": 0 for port in Port if port is not Port.WEST for name in ("valid", "payload")}
    ready = {f"o__{port.value}__ready": 1 for port in Port}
    table = {"table_address": tag, "table_data": 1 << Port.EAST, "table_write": (lead == 1).astype(np.int64)}
    west = {f"i__{Port.WEST.value}__valid": (lead >= 2).astype(np.int64), f"i__{Port.WEST.value}__payload": payload}
    table["rst"] = (lead == 0).astype(np.int64)
    return in_cycles(quiet | ready | table | west, settling=2 + ROUTER_FILL)


def routed_events(runs: Runs, model: str, layer: str) -> Stimuli:
    """Of `Router`: the events that a layer emits, of every sample all timesteps."""
    network, trace = runs.of(model)
    kind = network.source(layer).payload_kind
    of_samples = [np.concatenate([flit_trace(vector, kind, TAG) for vector in sample]) for sample in trace.activations[layer]]
    pieces = [in_pieces(flits[:, None], PIECE, ROUTER_FILL) for flits in of_samples]
    return router_stimuli(np.concatenate(pieces, axis=1), TAG)


def random_flits() -> Stimuli:
    """Of `Router`: events with uniform axons and payloads."""
    rng, shape = np.random.default_rng(SEED), (ROUTER_FILL + PIECE, FLIT_STREAMS)
    axons, payloads = (rng.integers(0, 1 << FLIT.field(name).bits, shape) for name in ("axon", "payload"))
    held = FLIT.pack(kind=Kind.SPIKE, tag=TAG, axon=0, payload=0)
    return router_stimuli(held | axons << FLIT.offset("axon") | payloads << FLIT.offset("payload"), TAG)
