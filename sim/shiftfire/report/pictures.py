"""Pictures as files."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import InputError
from .files import atomic_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = ("png", "svg", "pdf")


def picture_format(path: str) -> str:
    """Of a picture, by the name of its file. Raises InputError."""
    ending = path.rpartition(".")[2].lower()
    if ending not in FORMATS:
        raise InputError(f"picture {path}: the name ends in one of {', '.join('.' + known for known in FORMATS)}")
    return ending


def save_figure(path: str, draw: Callable[[], Axes]) -> None:
    """Write what ``draw`` draws on a figure of its own. Raises InputError, also without matplotlib; OSError."""
    ending = picture_format(path)
    figure = draw().figure
    with atomic_path(path) as file:
        figure.savefig(file, format=ending)  # type: ignore[union-attr]  # a figure of its own
