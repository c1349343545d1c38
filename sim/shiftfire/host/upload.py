"""A program image on a board with a processor: loaded over the link, run by the firmware."""

from __future__ import annotations

from collections.abc import Callable

from shiftfire_spec.soc import REGION, register_address

from ..system.plan import RunError
from .image import Words
from .link import Link, Progress


def load_image(link: Link, image: Words, progress: Progress | None = None) -> None:
    """Write an image to the board's memory. Raises RunError."""
    place = register_address("SYSTEM", "MEMORY_WORDS")
    link.hello(place)
    there = int(link.read(place, 1)[0])
    if len(image) > there:
        raise RunError(f"port {link.port.name}: the image has {len(image)} words, the board's memory {there}: export fewer samples")
    link.write(REGION["MEMORY"].base, image, progress)


def run_loaded_image(link: Link, show: Callable[[str], None], *, silent_seconds: float) -> int:
    """Let the firmware run the image; its status. ``show`` gets its lines. Raises RunError, also after so many seconds without a line."""
    return link.run_image(silent_seconds, show)
