"""torch's own execution of a module: what each neuron sent in each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

NEURONS = ("IFNode", "LIFNode", "ParametricLIFNode", "Leaky", "Synaptic")


@dataclass(frozen=True)
class Executed:
    """``output`` and what ``neurons`` sent, by path: (samples, steps, ...)."""

    output: np.ndarray
    neurons: dict[str, np.ndarray]


def executed(module: nn.Module, x: torch.Tensor, *, by_step: bool = False) -> Executed:
    """What ``module`` does with ``x`` (steps, samples, ...), from rest. ``by_step``: it takes one step at a time."""
    torch.set_num_threads(1)
    reset(module)
    sent: dict[str, list[torch.Tensor]] = {}

    def keep(name: str) -> Any:
        def hook(module: nn.Module, given: Any, returned: Any) -> None:
            spikes = returned[0] if isinstance(returned, tuple) else returned
            sent.setdefault(name, []).append(spikes.detach().clone())

        return hook

    hooks = [m.register_forward_hook(keep(name)) for name, m in module.named_modules() if type(m).__name__ in NEURONS]
    with torch.no_grad():
        output = torch.stack([first(module(step)) for step in x]) if by_step else first(module(x))
    for hook in hooks:
        hook.remove()
    reset(module)
    whole = {name: parts[0] if len(parts) == 1 and len(parts[0]) == len(x) else torch.stack(parts) for name, parts in sent.items()}
    return Executed(samples_first(output), {name: samples_first(value) for name, value in whole.items()})


def first(returned: Any) -> torch.Tensor:
    return returned[0] if isinstance(returned, tuple) else returned


def samples_first(x: torch.Tensor) -> np.ndarray:
    return x.numpy().swapaxes(0, 1).astype(np.float64)


def reset(module: nn.Module) -> None:
    """All neurons at rest."""
    for m in module.modules():
        for name in ("reset", "reset_mem"):
            if type(m).__name__ in NEURONS and callable(getattr(m, name, None)):
                getattr(m, name)()
