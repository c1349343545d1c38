"""Neurons of integer networks, fitted to a chip."""

from __future__ import annotations

from ..network.build.builder import frozen
from ..network.graph import Network
from ..quantise.fit_chip import fit_to_chip
from .chips import DEFAULT_CHIP, chip
from .compiled import ChipLike, NetworkLike


def fit_neurons(network: NetworkLike, chip_or_name: ChipLike = DEFAULT_CHIP) -> tuple[Network, tuple[str, ...]]:
    """The network with every leak in the terms that the chip has (``leak_terms``) and every membrane's limits within its ``membrane_bits``; and a line for each that
    is another one now, with its decay, or its limits, before and after.

    It is another network: its golden results are those of the new neurons. Raises NetworkError when the network is not valid, QuantiseError for a chip without leak
    terms, or without ``neuron_leaks`` where neurons of a layer differ.
    """
    return fit_to_chip(frozen(network), chip(chip_or_name))
