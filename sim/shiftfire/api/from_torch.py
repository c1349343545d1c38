"""Networks as modules of torch, without a file between."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from ..errors import InputError
from .chips import DEFAULT_CHIP
from .compiled import ChipLike
from .converted import Converted
from .float_graphs import convert_graph


def from_torch(
    module: Any,
    example: Any,
    *,
    axes: str | None = None,
    weights: int | str | Mapping[str, int] = 8,
    calibrate: Any = None,
    labels: Any = None,
    timesteps: int | None = None,
    readout: str | None = None,
    method: str = "error",
    budget: str | None = None,
    chip: ChipLike = DEFAULT_CHIP,
    name: str | None = None,
) -> Converted:
    """The integer network of a ``torch.nn.Module``, which is read through torch.fx as after ``eval()`` and not changed.

    ``example``: a tensor that the module takes, or a tuple of one for each input; only its shape counts. ``axes``: what its first axes are, "TB" time and samples, "BT", "T", "B" one step
    of several samples, "" one step of one; without it "TB" where a layer has step_mode 'm', else "B". ``calibrate`` is (samples, timesteps, ...), whatever ``axes``; of several inputs a
    mapping by name, ``input1``, ``input2``. The others are as in `from_nir`; layers go by their paths in the module, as in ``weights={"features.0": 4}``.
    The profile is what the neurons' own parameters say.
    Raises TorchError for what is not known, naming path, class and what to do; QuantiseError for what has no integer form; NetworkError, InputError.
    """
    if find_spec("torch") is None:
        raise InputError("from_torch needs torch, which is not installed: pip install torch, or 'shiftfire[torch]'")
    from ..frontends.torch.read import read_module

    read = read_module(module, example, axes)
    return convert_graph(
        read.graph,
        read.profile,
        [*read.graph.notes],
        name=name or type(module).__name__,
        origin="torch",
        weights=weights,
        calibrate=calibrate,
        labels=labels,
        timesteps=timesteps,
        readout=readout,
        method=method,
        budget=budget,
        chip=chip,
    )
