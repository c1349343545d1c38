"""Synapses of an operation that nobody taught golden or the dense twin: refused by name, never taken for another's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from shiftfire.energy.dense.work import work_of
from shiftfire.golden.synapses import contribution
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.values import NetworkError


def test_they_are_refused_by_name() -> None:
    net = NetworkBuilder("one", input=4)
    net.dense("out", np.eye(4), theta=1)
    network = net.build()
    layer = network.layers[0]
    made_up = replace(layer.synapses[0], op=cast(Any, "sparse"))
    with pytest.raises(NetworkError, match="golden does not execute synapses sparse"):
        contribution(made_up, np.ones((1, 4, 1, 1), np.int64))
    with pytest.raises(NetworkError, match="the dense twin has no work for synapses sparse"):
        work_of(network, layer, made_up)
