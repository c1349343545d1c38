"""Compilation: network and chip to program, and a summary of what a program uses."""

from __future__ import annotations

from dataclasses import dataclass, replace

from shiftfire_spec.chip import ChipConfig

from ..network.check import check_network
from ..network.graph import Network
from .lowering.image import configuration_image
from .mapping.bounds import AccumulatorBounds, layer_bounds
from .mapping.placement import place
from .mapping.routing import route_masks
from .mapping.slicing import Need, core_needs, slice_network
from .mapping.spread import spread_slices
from .mapping.stall import check_stall
from .mapping.streams import connect
from .optimised import Mapper
from .prepare import prepare
from .program import CoreSlice, CutNetwork, Program


def compile_network(network: Network, chip: ChipConfig, *, spread: bool = True, mapper: Mapper | None = None) -> Program:
    """Program of ``network`` on ``chip``, over the fewest cores that hold it; with ``spread`` over idle tiles too, where that is faster.

    Layers whose inputs fit no core are cut by inputs (`prepare`). ``mapper`` as in `compile_checked`.

    Raises NetworkError when the network is not valid, CompileError when it does not fit the chip or would stall.
    """
    prepared = prepare(check_network(network), chip)
    return replace(compile_checked(prepared.mapped, chip, spread=spread, mapper=mapper), cut=prepared)


def compile_checked(
    network: Network,
    chip: ChipConfig,
    *,
    spread: bool,
    weights_from_top: bool = False,
    pieces: tuple[CoreSlice, ...] | None = None,
    mapper: Mapper | None = None,
) -> Program:
    """`compile_network` of a network that has been checked and prepared, or of a round of one; ``weights_from_top``: weights end at the last memory row.

    ``pieces``: the slices that a round with pieces of layers holds, which are not spread. ``mapper``, with ``spread``: takes the place of
    spreading and placement here. Raises CompileError.
    """
    slices = slice_network(network, chip) if pieces is None else pieces
    if spread and pieces is None and mapper is not None:
        return program_of(network, mapper(network, chip, slices), chip, spread=spread, weights_from_top=weights_from_top)
    if spread and pieces is None:
        slices = spread_slices(network, slices, chip)
    return program_of(network, place(network, slices, chip), chip, spread=spread, weights_from_top=weights_from_top)


def program_of(
    network: Network, cores: tuple[CoreSlice, ...], chip: ChipConfig, *, spread: bool, weights_from_top: bool = False
) -> Program:
    """The program of a network on these cores, whose slices fit them. Raises CompileError when the chip has too few tags or slots, or when it would stall."""
    connections = connect(network, cores, chip)
    order = check_stall(network, cores, connections)
    routes = route_masks(connections, chip)
    image = configuration_image(network, cores, connections, routes, chip, weights_from_top=weights_from_top)
    return Program(network, chip, cores, connections.streams, image, spread, order)


@dataclass(frozen=True)
class LayerUse:
    """What a layer uses of the chip: its tiles, the width of its sums, and per resource the fullest core's need and limit."""

    layer: str
    tiles: tuple[int, ...]
    accumulator_bits: Need
    weight_bits: Need
    needs: tuple[Need, ...]


def _sums(cut: CutNetwork, name: str) -> AccumulatorBounds:
    """Bounds of a layer's sums, as they were proven: of a layer that was given, in the network as given."""
    network = cut.given if cut.owner(name) == name else cut.mapped
    return layer_bounds(network, network.layer(name))


def describe(program: Program) -> tuple[LayerUse, ...]:
    """Use of the chip, a row per layer in order."""
    chip, network = program.chip, program.network
    cut = program.cut or CutNetwork(network, network, ())
    rows = []
    for layer in network.layers:
        parts = [c for c in program.cores if c.layer == layer.name]
        needs = [core_needs(network, part, chip) for part in parts]
        fullest = tuple(max(column, key=lambda n: n.need) for column in zip(*needs, strict=True))
        row_bits = chip.weight_bits() // chip.weight_rows
        weights = next(n for n in fullest if n.resource == "weight_rows")
        rows.append(
            LayerUse(
                layer=layer.name,
                tiles=tuple(p.tile for p in parts),
                accumulator_bits=Need("accumulator_bits", _sums(cut, layer.name).bits(), chip.accumulator_bits),
                weight_bits=Need("weight_bits", weights.need * row_bits, weights.limit * row_bits),
                needs=fullest,
            )
        )
    return tuple(rows)
