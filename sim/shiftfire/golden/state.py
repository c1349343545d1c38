"""What neurons keep from step to step when a layer is executed step by step."""

from __future__ import annotations

from dataclasses import dataclass

from ..network.values import IntArray


@dataclass
class NeuronState:
    """State that a fire function takes up where it left it the time before.

    ``arrays``: one (samples, channels, height, width) array per state variable of the neuron; none before a sample's first step.
    """

    arrays: tuple[IntArray, ...] = ()
