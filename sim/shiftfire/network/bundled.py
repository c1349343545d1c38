"""The shipped models, by name."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from .container import NETWORK_FILE
from .values import NetworkError


def models_directory() -> Path:
    """Directory of the shipped models: one container each, named as the model."""
    return Path(str(resources.files("shiftfire") / "models"))


def model_names() -> tuple[str, ...]:
    """Names of the shipped models, sorted."""
    return tuple(sorted(path.parent.name for path in models_directory().glob(f"*/{NETWORK_FILE}")))


def find_model(name_or_path: str) -> Path:
    """The container of a shipped model's name, else of a directory's path.

    Raises NetworkError, listing the names, when it is neither. A directory named as a model is reached by ``./name`` or ``name/``;
    where there is none, ``name/`` is the model.
    """
    names = model_names()
    if name_or_path in names:
        return models_directory() / name_or_path
    path = Path(name_or_path)
    if not path.is_dir():
        if name_or_path.rstrip("/") in names:
            return models_directory() / path.name
        raise NetworkError(f"no model {name_or_path!r}: shipped are {', '.join(names)}; anything else is the path of a directory")
    return path
