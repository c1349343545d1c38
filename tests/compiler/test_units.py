"""The compiler's parts against brute force: strides, axes, bounds, routes, programs, slices, events."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shiftfire.compiler.compile import compile_network, describe
from shiftfire.compiler.lowering.axis import window_axis
from shiftfire.compiler.lowering.core_program import core_program
from shiftfire.compiler.lowering.encode import encode_payloads, most_packets, packets_of
from shiftfire.compiler.lowering.strides import expressible_stride, signed_terms
from shiftfire.compiler.mapping.bounds import layer_bounds, signed_bits
from shiftfire.compiler.mapping.routing import multicast_routes
from shiftfire.compiler.mapping.slicing import slice_layer
from shiftfire.compiler.program import CompileError
from shiftfire.golden.execute import driving_sums
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.count import Count
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire_spec.chip import load_chip
from shiftfire_spec.core_program import Opcode
from shiftfire_spec.events import IO_TILE
from shiftfire_spec.packet import PAYLOAD_LIMITS, PayloadKind, Port, decode_payload, encode_payload
from shiftfire_spec.stream import STRIDE_TERMS
from shiftfire_spec.weights import WeightFormat
from support.random_networks import RandomLimits, random_candidate

EDGE = load_chip("edge")


def test_stride_terms() -> None:
    """Terms sum to the value; the expressible strides are exactly the sums of up to three signed powers of two."""
    powers = [0, *(1 << k for k in range(13)), *(-(1 << k) for k in range(13))]
    sums = {a + b + c for a, b, c in product(powers, repeat=STRIDE_TERMS)}
    for value in range(1, 2000):
        assert sum((-1 if t.negative else 1) << t.shift for t in signed_terms(value)) == value
        assert expressible_stride(value) == min(s for s in range(value, 2 * value + 1) if s in sums)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1, 9),
    st.integers(1, 3),
    st.integers(1, 6),
    st.integers(1, 6),
    st.integers(0, 9),
    st.integers(1, 6),
    st.integers(0, 4),
    st.integers(1, 9),
)
def test_window_axis(extent: int, pool: int, kernel: int, stride: int, padding: int, dilation: int, base: int, count: int) -> None:
    axis = window_axis(
        extent=extent,
        pre_pool=pool,
        kernel=kernel,
        stride=stride,
        padding=padding,
        dilation=dilation,
        out_base=base,
        out_count=count,
    )
    for coordinate in range(extent):
        pairs = [
            (out - base, tap)
            for out in range(base, base + count)
            for tap in range(kernel)
            if out * stride - padding + tap * dilation == coordinate // pool < extent // pool
        ]
        assert [
            (int(axis.first[coordinate]) + t * axis.out_step, int(axis.tap[coordinate]) + t * axis.tap_step)
            for t in range(axis.taps[coordinate])
        ] == pairs


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_bounds_hold_and_are_reached(seed: int) -> None:
    """No input leaves the bounds of a layer fed by the input; chosen inputs reach them, channel by channel, unless synapses share the input.

    Then each synapse has bounds of its own: what one adds before another takes it away must fit as well.
    """
    rng = np.random.default_rng(seed)
    network = random_candidate(rng, EDGE, RandomLimits(layers=1, channels=5, extent=5))
    layer, source = network.layers[0], network.input
    layer = replace(layer, synapses=tuple(replace(s, recode=None) for s in layer.synapses))  # recoded sums are not linear
    network = replace(network, layers=(layer,))
    bounds = layer_bounds(network, layer)
    low, high = min(source.lo, 0), max(source.hi, 0)
    size = source.timesteps * source.shape.size

    def sums(flat: np.ndarray) -> np.ndarray:
        values = flat.reshape(len(flat), source.timesteps, *source.shape.as_tuple())
        return driving_sums(layer, {source.name: values})

    unit = sums(np.eye(size, dtype=np.int64)).reshape(size, -1, layer.shape.channels, layer.shape.height * layer.shape.width)
    reached_high = (np.maximum(unit, 0) * high + np.minimum(unit, 0) * low).sum(axis=0).max(axis=(0, 2))
    reached_low = (np.maximum(unit, 0) * low + np.minimum(unit, 0) * high).sum(axis=0).min(axis=(0, 2))
    if len(layer.synapses) == 1:
        assert np.array_equal(bounds.upper, reached_high) and np.array_equal(bounds.lower, reached_low)
    assert np.all(bounds.upper >= reached_high) and np.all(bounds.lower <= reached_low)


def test_signed_bits() -> None:
    for low, high in product((-129, -128, -1, 0), (0, 1, 127, 128)):
        need = signed_bits(low, high)
        assert -(1 << (need - 1)) <= low and high < 1 << (need - 1)
        assert need == 1 or not (-(1 << (need - 2)) <= low and high < 1 << (need - 2))


def test_routes_are_shortest_trees() -> None:
    """Every destination is reached once, over a shortest path, X before Y."""
    rng = np.random.default_rng(1)
    moves = {Port.NORTH: (0, -1), Port.EAST: (1, 0), Port.SOUTH: (0, 1), Port.WEST: (-1, 0)}
    for _ in range(100):
        tiles = [IO_TILE, *range(EDGE.tiles)]
        source = int(rng.choice(tiles))
        targets = set(rng.choice([t for t in tiles if t != source], int(rng.integers(0, 6)), replace=False).tolist())
        masks = multicast_routes(source, targets, EDGE)
        start = max(source, 0)
        x0, y0 = start % EDGE.width, start // EDGE.width
        arrived, queue = [], [(x0, y0, 0)]
        while queue:
            x, y, hops = queue.pop()
            mask = masks[y * EDGE.width + x]
            for port in Port:
                if not mask >> port & 1:
                    continue
                if port is Port.LOCAL:
                    assert hops == abs(x - x0) + abs(y - y0)
                    arrived.append(y * EDGE.width + x)
                elif port is Port.WEST and (x, y) == (0, 0):
                    arrived.append(IO_TILE)
                else:
                    assert port in (Port.NORTH, Port.SOUTH) or y == y0, "X after Y"
                    queue.append((x + moves[port][0], y + moves[port][1], hops + 1))
        assert sorted(arrived) == sorted(targets)


def _layer(name: str, source: str, steps: int, shape: Shape | None = None, lif: bool = True) -> Layer:
    shape = shape or Shape(4)
    zeros = np.zeros(shape.channels, dtype=np.int64)
    neuron = Lif(zeros + 1, zeros) if lif else Count(zeros + 1, zeros)
    return Layer(name, shape, (Synapses(source, SynapseOp.DIRECT),), neuron, steps)


@pytest.mark.parametrize("steps", [1, 2, 3, 7])
@pytest.mark.parametrize("kind", ["each", "sum", "constant"])
def test_programs(steps: int, kind: str) -> None:
    """One pass of the program, executed: ACCs and FIREs as docs/architecture.md section 4 lists them."""
    in_steps, own_steps = {"each": (steps, steps), "sum": (steps, 1), "constant": (1, steps)}[kind]
    network = Network("net", Input("in", Shape(4), in_steps), (_layer("a", "in", own_steps),), "a", Readout.NONE)
    code = core_program(network, network.layer("a"))
    trace, pc, counters = [], 0, [0, 0]
    while code[pc].opcode is not Opcode.JUMP:
        instruction, pc = code[pc], pc + 1
        if instruction.opcode is Opcode.LOOP:
            counters[instruction.group] += 1
            if counters[instruction.group] < instruction.count:
                pc = instruction.target
            else:
                counters[instruction.group] = 0
        else:
            trace.append((instruction.opcode, instruction.first, instruction.hold))
    acc, fire = (Opcode.ACC, False, False), Opcode.FIRE
    expected = {
        "each": [x for t in range(steps) for x in (acc, (fire, t == 0, False))],
        "sum": [acc] * steps + [(fire, True, False)],
        "constant": [acc, *((fire, t == 0, t < steps - 1) for t in range(steps))],
    }[kind]
    assert trace == expected
    assert code[pc].target == 0 and counters == [0, 0]


def test_fewest_slices() -> None:
    """Slices cover the layer once; no other block sizes use fewer cores."""
    rng = np.random.default_rng(2)
    for _ in range(60):
        shape = Shape(int(rng.integers(1, 100)), int(rng.integers(1, 12)), int(rng.integers(1, 12)))
        network = Network("net", Input("in", shape), (_layer("a", "in", 1, shape, lif=False),), "a", Readout.NONE)
        slices = slice_layer(network, network.layers[0], EDGE)
        covered = np.zeros((shape.channels, shape.height), dtype=int)
        for s in slices:
            covered[s.channel_base : s.channel_base + s.channels, s.row_base : s.row_base + s.rows] += 1
        assert np.all(covered == 1)
        assert all(s.channel_base % EDGE.lanes == 0 and s.columns == shape.width for s in slices)
        groups = -(-shape.channels // EDGE.lanes)
        options = [
            -(-groups // g) * -(-shape.height // r)
            for g in range(1, groups + 1)
            for r in range(1, shape.height + 1)
            if g * r * shape.width <= EDGE.accumulator_groups and g <= EDGE.parameter_groups
        ]
        assert len(slices) == min(options)


@pytest.mark.parametrize("kind", PayloadKind)
def test_payloads_in_bulk(kind: PayloadKind) -> None:
    """The array form gives the contract's bits, and refuses what the contract refuses."""
    low, high = PAYLOAD_LIMITS[kind]
    powers = [s << k for k in range(32) for s in (-1, 1)]
    values = powers if kind is PayloadKind.POW2 else [v for v in range(low, high + 1) if v]
    assert encode_payloads(kind, np.array(values)).tolist() == [encode_payload(kind, v) for v in values]
    with pytest.raises(CompileError, match="payload"):
        encode_payloads(kind, np.array([high + 1]))


def test_pow2_refuses_other_values() -> None:
    with pytest.raises(CompileError, match="power of two"):
        encode_payloads(PayloadKind.POW2, np.array([4, 3]))


def signed_digits(value: int) -> list[int]:
    """The non-adjacent form, lowest digit first, as textbooks have it."""
    digits, weight = [], 1
    while value:
        if value % 2:
            digit = 2 - value % 4
            digits.append(digit * weight)
            value -= digit
        value, weight = value // 2, 2 * weight
    return digits


WIDE = [*range(-300, 301), -(1 << 31), (1 << 31) - 1, 1 << 30, -(3 << 29), 0x55555555, -0x55555555, 0x2AAAAAAA]


def test_packets_of_wide_values() -> None:
    values = [value for value in WIDE if value]
    index, payloads = packets_of(PayloadKind.POW2, np.array(values))
    found = [[decode_payload(PayloadKind.POW2, int(p)) for p in payloads[index == i]] for i in range(len(values))]
    assert index.tolist() == sorted(index.tolist())
    assert found == [signed_digits(value) for value in values]
    assert [sum(digits) for digits in found] == values
    assert all(len(found[i]) == 1 for i, value in enumerate(values) if abs(value) & (abs(value) - 1) == 0)


def test_packets_of_other_kinds_are_one_each() -> None:
    index, payloads = packets_of(PayloadKind.SIGNED, np.array([3, -3, 127]))
    assert index.tolist() == [0, 1, 2] and payloads.tolist() == [3, 131, 127]
    assert all(len(part) == 0 for part in packets_of(PayloadKind.POW2, np.array([], np.int64)))
    with pytest.raises(CompileError, match="POW2 holds"):
        packets_of(PayloadKind.POW2, np.array([(1 << 31) + 1]))


@pytest.mark.parametrize("limits", [(0, 0), (0, 1), (-1, 2), (0, 3), (-5, 4), (-100, 170), (-171, 0), (-128, 127), (0, 255)])
def test_most_packets(limits: tuple[int, int]) -> None:
    assert most_packets(limits) == max(len(signed_digits(value)) for value in range(limits[0], limits[1] + 1))
    assert most_packets((-(1 << 31), (1 << 31) - 1)) == 16


def test_describe() -> None:
    weights = np.ones((20, 30), dtype=np.int64)
    layer = Layer(
        "fc",
        Shape(20),
        (Synapses("in", SynapseOp.DENSE, weights, WeightFormat.INT4),),
        Count(np.ones(20, dtype=np.int64), np.zeros(20, dtype=np.int64)),
    )
    (row,) = describe(compile_network(Network("net", Input("in", Shape(30)), (layer,), "fc", Readout.NONE), EDGE, spread=False))
    assert row.layer == "fc" and row.tiles == (0,)
    assert (row.accumulator_bits.need, row.accumulator_bits.limit) == (6, EDGE.accumulator_bits)  # 30 ones: 0..30
    assert (row.weight_bits.need, row.weight_bits.limit) == (30 * 2 * 16 * 4, EDGE.weight_bits())
    assert all(n.fits for n in row.needs)
