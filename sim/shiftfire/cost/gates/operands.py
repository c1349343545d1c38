"""Operands of the units, from runs of shipped models and at random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import FIRE_LEAK
from shiftfire_spec.packet import FLIT, Kind, Port
from shiftfire_spec.weights import FORMATS, WeightFormat

from ...network.neurons.lif import Lif
from ...network.synapses import SynapseOp, Synapses
from ...network.values import IntArray, NetworkError
from .fire_trace import FireTrace, fire_trace
from .flit_trace import flit_trace
from .lane_trace import LaneTrace, lane_trace
from .product_trace import ProductTrace, finer, product_trace
from .runs import Runs
from .stimuli import Stimuli, in_cycles, in_pieces, in_sequence

PAIRS = 8192  # of random operands
PRODUCTS = 512  # outputs whose products are taken
PIECE = 8  # steps or flits of a stream that are counted
LIF_STAGES = 2  # of `LifStep`: until what is in its register is a step
ROUTER_FILL = 6  # flits until every entry of a queue has held one, and one leaves in every cycle
FLIT_STREAMS = 64
TAG = 5
SEED = 1


def stored_weights(synapses: Synapses, rows: IntArray) -> Synapses:
    """PV of one vector as the core does it, once it has stored ``rows`` (channels, height, width): a convolution of 1 x 1 with a block for each head. Raises NetworkError for other operations."""
    if synapses.op is not SynapseOp.PV:
        raise NetworkError(f"synapses from {synapses.source}: {synapses.op} is not traced; trace another layer")
    weights = rows.reshape(len(rows), -1, 1, 1)
    return replace(synapses, op=SynapseOp.CONV2D, weights=weights, rows=None, groups=synapses.heads, heads=1)


def traced_beats(runs: Runs, chip: ChipConfig, model: str, layer: str) -> tuple[WeightFormat, list[LaneTrace]]:
    """Weight format, and the beats of one vector of every sample: of sample s, vector number s modulo their number."""
    network, trace = runs.of(model)
    (synapses,) = network.layer(layer).synapses
    vectors, kind = trace.activations[synapses.source], network.source(synapses.source).payload_kind
    beats = []
    for sample in range(len(vectors)):
        place = sample, sample % vectors.shape[1]
        held = synapses if synapses.rows is None else stored_weights(synapses, trace.activations[synapses.rows][place])
        beats.append(lane_trace(held, kind, vectors[place], network.layer(layer).shape, chip.lanes))
    return synapses.weight_format, beats


def _joined(beats: list[LaneTrace], name: str) -> IntArray:
    return np.concatenate([getattr(trace, name) for trace in beats])


def lane_stimuli(runs: Runs, chip: ChipConfig, model: str, layer: str) -> Stimuli:
    """Of `Lane`: every lane's beats in order."""
    weight_format, beats = traced_beats(runs, chip, model, layer)
    shared = {name: _joined(beats, name) for name in ("magnitude", "negative", "shift")}
    return in_sequence(weight=_joined(beats, "weight"), i=_joined(beats, "i"), weight_format=int(weight_format), enable=1, **shared)


def lane_additions(runs: Runs, chip: ChipConfig, model: str, layer: str) -> Stimuli:
    """Of `Addition`: what the lanes add to what, in the same order."""
    _, beats = traced_beats(runs, chip, model, layer)
    return in_sequence(a=_joined(beats, "i"), b=_joined(beats, "term"))


def _fire(runs: Runs, chip: ChipConfig, model: str, layer: str) -> tuple[Lif, FireTrace]:
    network, trace = runs.of(model)
    found = network.layer(layer)
    if not isinstance(found.neuron, Lif):
        raise NetworkError(f"layer {layer}: no LIF neurons; trace another layer")
    return found.neuron, fire_trace(found, trace, chip.fire_lanes)


def threshold_comparisons(runs: Runs, chip: ChipConfig, model: str, layer: str) -> Stimuli:
    """Of `Comparison`: membranes and thresholds."""
    _, steps = _fire(runs, chip, model, layer)
    return in_sequence(a=steps.u, b=steps.theta)


def lif_stimuli(runs: Runs, chip: ChipConfig, model: str, layer: str) -> Stimuli:
    """Of `LifStep`: a step per cycle."""
    neuron, steps = _fire(runs, chip, model, layer)
    terms = {
        f"{name}{index}": value
        for index, term in enumerate(neuron.leak)
        for name, value in (("enable", 1), ("shift", int(term.shift)), ("negative", int(term.negative)))
    }
    held = {"leak": FIRE_LEAK.pack(**terms), "strict": int(neuron.strict), "reset": int(neuron.reset)}
    limits = {"v_reset": neuron.v_reset, "v_min": neuron.v_min, "v_max": neuron.v_max, "rst": 0}
    moving = {name: in_pieces(getattr(steps, name), PIECE, LIF_STAGES) for name in ("sum", "bias", "theta", "v")}
    return in_cycles(settling=LIF_STAGES, **moving, **held, **limits)


def router_stimuli(flits: IntArray, tag: int) -> Stimuli:
    """Of `Router`: ``flits`` (cycles, streams) of one tag from west to east, one in every cycle. Reset and the tag's route come first."""
    cycles, streams = flits.shape
    lead = np.arange(cycles + 2)[:, None]
    payload = np.concatenate([np.zeros((2, streams), np.int64), flits])
    quiet = {f"i__{port.value}__{name}": 0 for port in Port if port is not Port.WEST for name in ("valid", "payload")}
    ready = {f"o__{port.value}__ready": 1 for port in Port}
    table = {"table_address": tag, "table_data": 1 << Port.EAST, "table_write": (lead == 1).astype(np.int64)}
    west = {f"i__{Port.WEST.value}__valid": (lead >= 2).astype(np.int64), f"i__{Port.WEST.value}__payload": payload}
    return in_cycles(settling=2 + ROUTER_FILL, rst=(lead == 0).astype(np.int64), **quiet, **ready, **table, **west)


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


def _products(runs: Runs, model: str, layer: str) -> ProductTrace:
    """Of a layer as a quantised network has it: a source's activation is the sum of its vectors."""
    network, trace = runs.of(model)
    (synapses,) = network.layer(layer).synapses
    return product_trace(synapses, trace.activations[synapses.source].sum(axis=1), PRODUCTS)


def multiplications(runs: Runs, model: str, layer: str, *, more_weight: int = 0, more_activation: int = 0) -> Stimuli:
    """Of `Multiplication`; with ``more_`` bits of each operand filled in at random (`finer`)."""
    rng, products = np.random.default_rng(SEED), _products(runs, model, layer)
    weight, activation = finer(products.weight, more_weight, rng), finer(products.activation, more_activation, rng)
    return in_sequence(weight=weight, activation=activation)


def product_additions(runs: Runs, model: str, layer: str) -> Stimuli:
    """Of `Addition`: partial sums and products."""
    products = _products(runs, model, layer)
    return in_sequence(a=products.partial, b=products.weight * products.activation)


def _any(rng: np.random.Generator, bits: int) -> IntArray:
    return rng.integers(0, 1 << bits, (2, PAIRS))


def random_pairs(first: str, second: str, bits: tuple[int, int]) -> Stimuli:
    """Of an operator with two operands: uniform bits."""
    rng = np.random.default_rng(SEED)
    return in_sequence(**{first: _any(rng, bits[0]), second: _any(rng, bits[1])})


def random_lane(weight_format: WeightFormat, accumulator_bits: int, shifts: int) -> Stimuli:
    """Of `Lane`: uniform weights and sums of binary events, shifted by 0 to ``shifts - 1``."""
    rng, info = np.random.default_rng(SEED), FORMATS[weight_format]
    return in_sequence(
        weight=rng.integers(info.minimum, info.maximum + 1, (2, PAIRS)) if info.bits > 1 else _any(rng, 1),
        i=_any(rng, accumulator_bits),
        shift=rng.integers(0, shifts, (2, PAIRS)),
        weight_format=int(weight_format),
        magnitude=1,
        negative=0,
        enable=1,
    )
