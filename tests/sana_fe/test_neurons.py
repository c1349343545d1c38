"""What SANA-FE's soma is told, against its published equations in floats; and what it cannot be told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from shiftfire.golden.lif import fire_lif
from shiftfire.network.build.builder import NetworkBuilder
from shiftfire.network.graph import Layer
from shiftfire.network.neurons.lif import Lif
from shiftfire.sana_fe.errors import SanaFeError
from shiftfire.sana_fe.neurons import Somas, somas_of

LEAKY = {"leak": (0, -2), "v_min": 0}


def layer(**parameters: Any) -> Layer:
    given = {"theta": [5, 9, 14], "strict": True, "reset": "ZERO"} | parameters
    return NetworkBuilder("n", input=2, timesteps=30).dense("layer", np.ones((3, 2)), **given).build().layers[0]


def soma_model(somas: Somas, sums: np.ndarray) -> np.ndarray:
    """Spikes (samples, timesteps, neurons), by the equations of `LoihiLifModel` in SANA-FE's models.cpp."""
    told = somas.attributes
    potential, fired = np.zeros_like(sums[:, 0], float), np.zeros_like(sums)
    for t in range(sums.shape[1]):
        potential = np.trunc(potential * told["leak_decay"] * 64) / 64 + sums[:, t] / 64
        above = potential > np.array(somas.thresholds)
        after = {"hard": np.full_like(potential, told["reset"]), "soft": potential - somas.thresholds, "none": potential}
        potential = np.where(above, after[told["reset_mode"]], potential)
        potential = np.maximum(potential, told["reverse_threshold"])
        fired[:, t] = above
    return fired


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"strict": False},
        {"reset": "SUBTRACT"},
        {"reset": "NONE", **LEAKY},
        {"v_reset": 3},
        {"v_min": -20},
        LEAKY,
        {"reset": "SUBTRACT", "leak": (0, -1), "v_min": 0},
        {"leak": (0, -3), "v_min": 0, "v_reset": 4, "strict": False},
    ],
)
def test_the_soma_does_what_the_neuron_does(parameters: dict[str, Any]) -> None:
    made = layer(**parameters)
    assert isinstance(made.neuron, Lif)
    sums = np.random.default_rng(1).integers(-12, 16, (20, 30, 3))
    fired = fire_lif(made.neuron, sums[..., None, None])[..., 0, 0]
    assert 0.05 < fired.mean() < 0.95
    assert np.array_equal(soma_model(somas_of(made, 16), sums), fired)


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"neuron": "count", "strict": None, "reset": None, "hi": 3}, "is a LIF neuron, not Count"),
        ({"bias": [0, 1, 0]}, "bias is not 0"),
        ({"v_init": 2}, "v_init is not 0"),
        ({"refractory": 2}, "refractory is not 0"),
        ({"reset": "SUBTRACT", "delayed_reset": True}, "delayed_reset is not 0"),
        ({"reset": "SUBTRACT", "strict": False}, "set strict True"),
        ({"theta": [0, 1, 2], "strict": False}, "fires without input"),
        ({"leak": (3,)}, "rounds towards 0"),
        ({"leak": (0, -2)}, "rounds towards 0"),  # potentials below 0 would round the other way
        ({"v_max": 29}, "V may reach 30 and saturate at v_max = 29"),
        ({"reset": "SUBTRACT", "v_max": 479}, "V may reach 480"),
    ],
)
def test_what_cannot_be_told(parameters: dict[str, Any], words: str) -> None:
    given = {"theta": [5, 9, 14], "strict": True, "reset": "ZERO"} | parameters
    made = NetworkBuilder("n", input=2, timesteps=30).dense(
        "layer", np.ones((3, 2)), **{name: value for name, value in given.items() if value is not None}
    )
    with pytest.raises(SanaFeError, match=f"^layer layer: .*{words}"):
        somas_of(made.build().layers[0], 16)
