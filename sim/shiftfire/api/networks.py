"""Networks, by the name of a shipped model or the path of a folder."""

from __future__ import annotations

import os

from ..errors import InputError
from ..network.build.values import shown
from ..network.bundled import find_model, model_names
from ..network.container import load_network
from ..network.graph import Network


def models() -> tuple[str, ...]:
    """Names of the shipped models, sorted."""
    return model_names()


def load(model: str | os.PathLike[str]) -> Network:
    """The checked network of a shipped model's name or a folder's path. Raises NetworkError, InputError for what is neither."""
    if not isinstance(model, str | os.PathLike):
        raise InputError(f"model {shown(model)}: give a shipped model's name or a folder's path")
    return load_network(find_model(os.fspath(model)))
