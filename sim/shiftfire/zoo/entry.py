"""A shipped model, as the system of a paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from shiftfire_spec.chip import ChipConfig

from ..api.chips import chip, parse_overrides

ACCURACY = "accuracy"


@dataclass(frozen=True)
class OnChip:
    """What is run: a ``preset`` with ``changes`` (as of ``--set``), the first ``samples`` of the test split (None: all), and ``verified`` of them on the RTL as well."""

    preset: str
    samples: int | None
    changes: tuple[str, ...] = ()
    verified: int = 1

    @property
    def chip(self) -> ChipConfig:
        """The chip itself."""
        return chip(self.preset, **parse_overrides(self.changes))

    @property
    def options(self) -> str:
        """What the command line says for it."""
        return " ".join([f"--chip {self.preset}", *(f"--set {change}" for change in self.changes)])


EDGE, ULX3S = OnChip("edge", None), OnChip("ulx3s", 20)


@dataclass(frozen=True)
class Entry:
    """``model``: its name; ``system``: the paper's, in short; ``says``: the paper's own figures, in short; ``arithmetic``: how its arithmetic became events, a few sentences;
    ``absent``: what of the paper is not here or did not work.

    ``rasters``: inputs and layers whose spikes the picture shows, for the first ``shown`` samples. ``quality``: what is good about a model; its container's metadata has
    ``float_QUALITY`` of its float twin and ``integer_QUALITY``, as the training script measured them.
    """

    model: str
    system: str
    paper: str
    source: str
    says: str
    arithmetic: tuple[str, ...]
    absent: str
    rasters: tuple[str, ...]
    shown: int = 1
    quality: str = ACCURACY
    chips: tuple[OnChip, OnChip] = (EDGE, ULX3S)
    needs: None = None

    @property
    def name(self) -> str:
        """The model's."""
        return self.model

    @property
    def settings(self) -> Mapping[str, Any]:
        """All that the measured figures depend on."""
        first, *further = self.chips
        return {
            "models": [self.model],
            "chip": first.preset,
            "further_chips": [each.preset for each in further],
            "runs": [asdict(each) | {"changes": list(each.changes)} for each in self.chips],
            "quality": self.quality,
        }
