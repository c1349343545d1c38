"""The kinds of neurons that there are: the one list, and the ways to ask it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

import numpy as np

from ..values import IntArray, NetworkError
from .argmax import Argmax
from .bspn import Bspn
from .count import Count
from .cubali import CubaLi
from .cubalif import CubaLif
from .kind import NeuronKind
from .li import Li
from .lif import Lif
from .multispike_if import MultiSpikeIf
from .ptsoftmax import Ptsoftmax
from .requant import Requant
from .shiftlif import ShiftLif
from .table import Table
from .wide_sum import Sum

Neuron = Lif | Count | Requant | Argmax | Ptsoftmax | Bspn | ShiftLif | Table | MultiSpikeIf | Li | CubaLif | CubaLi | Sum

KINDS: tuple[type[Neuron], ...] = (
    Lif,
    Count,
    Requant,
    Argmax,
    Ptsoftmax,
    Bspn,
    ShiftLif,
    Table,
    MultiSpikeIf,
    Li,
    CubaLif,
    CubaLi,
    Sum,
)
"""Every kind, in the order of messages and reference pages."""


def registered(neuron: object) -> Neuron:
    """``neuron``, when its kind is one of KINDS; else raises NetworkError naming the kind and the known ones."""
    for kind in KINDS:
        if type(neuron) is kind:
            return neuron
    refuse(neuron)


def refuse(neuron: object) -> NoReturn:
    """Raise the NetworkError of a neuron of unknown kind."""
    raise NetworkError(f"neuron kind {type(neuron).__name__} is not one of {names_of(lambda _: True)}")


def kind_named(name: str) -> type[Neuron] | None:
    """The kind that containers call ``name``; None when there is none."""
    return next((kind for kind in KINDS if kind.container_name() == name), None)


def sum_neuron(lo: IntArray, hi: IntArray) -> Neuron:
    """The neuron that sends its sums whole, without bias; those of each channel stay within ``lo`` to ``hi`` (channels,)."""
    return Sum(np.zeros(len(lo), np.int64), lo, hi)


def container_names() -> tuple[str, ...]:
    """What containers call the kinds."""
    return tuple(kind.container_name() for kind in KINDS)


def names_of(chosen: Callable[[type[NeuronKind]], bool], joint: str = ", ") -> str:
    """Names of the kinds for which ``chosen`` holds, for messages."""
    return joint.join(kind.__name__ for kind in KINDS if chosen(kind))
