"""A trained network moved so that membranes meet their thresholds, which training almost never leaves: there float32 decides."""

from __future__ import annotations

import numpy as np
import torch
from shiftfire.frontends.float_graph.interpret import interpret
from shiftfire.frontends.float_graph.neurons import Spiking
from shiftfire.frontends.float_graph.profile_file import named_profile
from shiftfire.frontends.nir.build import graph_of
from torch import nn

from ..float32_bound import compared
from .case import Case


def meet_thresholds(first: nn.Module, case: Case) -> None:
    """Scales each channel of the ``first`` layer's weights so that the greatest membrane below its first spike is the threshold.

    Before its first spike a membrane is linear in its channel's weights, as it starts at 0 and leaks to 0.
    """
    graph, profile = graph_of(case.graph), named_profile(case.profile)
    name = next(name for name, node in graph.nodes.items() if isinstance(node, Spiking))
    node = graph.nodes[name]
    assert isinstance(node, Spiking)
    trace = interpret(graph, profile, case.inputs)
    silent = np.cumsum(trace.outputs[name], axis=1) == 0
    share = np.where(silent, compared(graph, profile, trace, name) / node.v_threshold, -np.inf)
    most = np.moveaxis(share, 2, 0).reshape(share.shape[2], -1).max(axis=1)
    factors = torch.from_numpy(np.where(most > 0.1, 1 / np.maximum(most, 0.1), 1.0).astype(np.float32))
    with torch.no_grad():
        for parameter in first.parameters():
            parameter.mul_(factors.reshape(-1, *(1,) * (parameter.ndim - 1)))
