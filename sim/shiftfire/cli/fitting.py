"""The option ``--fit-neurons``."""

from __future__ import annotations

from shiftfire_spec.chip import ChipConfig

from .. import api
from ..network.graph import Network
from .nir_files import say


def fitted(network: Network, chip: ChipConfig) -> Network:
    """The network with neurons that the chip has; what became of each goes to standard error."""
    changed, notes = api.fit_neurons(network, chip)
    for line in notes:
        say(line)
    return changed
