"""What is done to a network before it is mapped: layers whose inputs fit no core are cut by inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from shiftfire_spec.chip import ChipConfig

from ..golden.execute import execute_after
from ..network.graph import Layer, Network
from ..network.values import IntArray
from .fan_in.cut import Parted, cut_layer, with_limits
from .mapping.bounds import check_bounds
from .mapping.features import check_features
from .mapping.slicing import TooLargeError, slice_layer
from .program import CompileError, Cut, CutNetwork


def prepare(network: Network, chip: ChipConfig) -> CutNetwork:
    """``network``, which has been checked, as it is mapped to ``chip``. Raises CompileError when a layer fits no core, cut or not, or needs what the chip has not."""
    check_features(network, chip)
    mapped, cuts = network, list[Cut]()
    for layer in network.layers:
        try:
            slice_layer(mapped, layer, chip)
        except TooLargeError as refusal:
            made = _cut(mapped, layer, chip, refusal)
            check_bounds(network, chip, (layer.name,))  # of the layer as given: its parts' sums are no wider
            mapped = with_limits(made)
            cuts.append(Cut(layer.name, made.parts, refusal.resource, refusal.need, refusal.limit))
    whole = {layer.name for layer in network.layers} - {cut.layer for cut in cuts}
    check_bounds(network, chip, [layer.name for layer in network.layers if layer.name in whole])  # after all shapes: by the weights
    return CutNetwork(network, mapped, tuple(cuts))


def mapped_activations(cut: CutNetwork | None, activations: Mapping[str, IntArray]) -> Mapping[str, IntArray]:
    """``activations`` of the given network's inputs and layers, and those of the parts of its layers."""
    return activations if cut is None else execute_after(cut.parts, activations)


def _cut(network: Network, layer: Layer, chip: ChipConfig, refusal: TooLargeError) -> Parted:
    """``layer`` cut by inputs. Raises CompileError when it cannot be."""
    made = cut_layer(network, layer, replace(chip, wide_values=True))
    if made is None:
        raise refusal
    if not chip.wide_values:
        raise CompileError(f"{refusal}; a chip with wide_values = true would cut it by inputs") from None
    return made
