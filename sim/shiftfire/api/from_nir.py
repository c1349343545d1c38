"""Networks of other frameworks, by way of NIR."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..frontends.float_graph.alarms import alarms, refuse_unstable
from ..frontends.float_graph.errors import FloatGraphError
from ..frontends.float_graph.graph import Graph
from ..frontends.float_graph.profile import Profile
from ..frontends.float_graph.profile_file import find_profile
from ..frontends.nir.build import graph_of
from ..frontends.nir.choose import choose_profile
from ..frontends.nir.read import read_graph
from .chips import DEFAULT_CHIP
from .compiled import ChipLike
from .converted import Converted
from .float_graphs import convert_graph


def from_nir(
    graph: Any,
    profile: str | Profile | None = None,
    *,
    weights: int | str | Mapping[str, int] = 8,
    calibrate: Any = None,
    labels: Any = None,
    timesteps: int | None = None,
    dt: float | None = None,
    time_unit: float | None = None,
    readout: str | None = None,
    method: str = "error",
    budget: str | None = None,
    chip: ChipLike = DEFAULT_CHIP,
    name: str | None = None,
) -> Converted:
    """The integer network of a ``nir.NIRGraph`` or a .nir file.

    ``profile``: how time is cut into steps: a profile's name, a TOML file, or a `Profile`; without it the likeliest is taken, and `Converted.assumed` says why.
    ``dt`` and ``time_unit``: seconds of a step and of the file's unit of time, other than the profile's. ``readout``: how the prediction is read from the first
    output, "sum" over time, "max", "last" or "none". ``weights``: bits, 1, 2, 4, 8 or 16, one number or by node;
    "auto" chooses them layer by layer within ``budget``, such as "20KiB" or "3.5bits". ``calibrate``: real inputs (samples, timesteps, ...) on which scales are chosen and the fidelity is measured,
    and ``labels`` (samples,). Without them ``timesteps`` says how long a sample is. ``method``: "error" makes the squared error of the weights least, "percentile" clips,
    "search" tries several ways for each layer on the samples. ``chip``: whose widths and leak terms count.
    Raises NirError for the graph, FloatGraphError for the profile, QuantiseError for what has no integer form, naming the node; NetworkError, InputError.
    """
    read = _graph(graph)
    chosen, assumed = _profile(profile, read, dt, time_unit)
    return convert_graph(
        read,
        chosen,
        assumed,
        name=name or _name(graph),
        origin="nir",
        weights=weights,
        calibrate=calibrate,
        labels=labels,
        timesteps=timesteps,
        readout=readout,
        method=method,
        budget=budget,
        chip=chip,
    )


def read_nir(file: str | os.PathLike[str]) -> Graph:
    """The checked graph of a .nir file. Raises NirError."""
    return read_graph(Path(file))


def _graph(graph: Any) -> Graph:
    if isinstance(graph, Graph):
        return graph
    return read_nir(graph) if isinstance(graph, str | os.PathLike) else graph_of(graph)


def _profile(profile: str | Profile | None, graph: Graph, dt: float | None, time_unit: float | None) -> tuple[Profile, list[str]]:
    """The profile, and what was assumed or looks wrong."""
    lines = [*graph.notes]
    if profile is None:
        chosen, assumed = choose_profile(graph)
        lines += assumed
    else:
        chosen = profile if isinstance(profile, Profile) else find_profile(profile)
    for key, value in (("dt", dt), ("time_unit", time_unit)):
        if value is not None:
            if not 0 < value < math.inf:
                raise FloatGraphError(f"{key} = {value:g} is no time; give seconds above 0")
            chosen = replace(chosen, **{key: value})
    refuse_unstable(graph, chosen)
    return chosen, [*lines, *alarms(graph, chosen)]


def _name(graph: Any) -> str:
    return Path(os.fspath(graph)).stem if isinstance(graph, str | os.PathLike) else "nir"
