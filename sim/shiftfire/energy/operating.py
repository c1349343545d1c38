"""Voltage, clock and technology of an estimate: the constants are those of 22 nm at 0.8 V."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from .parts import EnergyEstimate, EnergyPart
from .table import EnergyError

NOMINAL_VOLTS = 0.8
LEAST_VOLTS, MOST_VOLTS = 0.5, 1.1
"""Where the square law is used: below, a transistor's threshold is near; above, no 22 nm process is run."""


class Scaling(StrEnum):
    """How energies of 22 nm become those of 45 nm."""

    STILLMAKER_BAAS = "stillmaker-baas"
    CV2 = "cv2"


_FROM_45_TO_22 = {Scaling.STILLMAKER_BAAS: 0.24, Scaling.CV2: 0.39}
"""Stillmaker and Baas, Integration 2017: equations fitted to simulations; C V^2 by length and voltage, 22 / 45 x (0.8 / 0.9)^2."""


@dataclass(frozen=True)
class OperatingPoint:
    """``volts`` of the supply; ``scaling`` tells the figures at 45 nm, None at 22 nm. Raises EnergyError outside `LEAST_VOLTS` .. `MOST_VOLTS`."""

    volts: float = NOMINAL_VOLTS
    scaling: Scaling | None = None

    def __post_init__(self) -> None:
        if not LEAST_VOLTS <= self.volts <= MOST_VOLTS:
            raise EnergyError(
                f"{self.volts:g} V: energies are scaled with the square of the voltage from {LEAST_VOLTS:g} to {MOST_VOLTS:g} V"
                f" (the constants are those of {NOMINAL_VOLTS:g} V): give a voltage between"
            )

    @property
    def dynamic(self) -> float:
        """Factor of what happens and of the clock: the square of the voltage, and the technology's."""
        return (self.volts / NOMINAL_VOLTS) ** 2 * self._technology

    @property
    def leakage(self) -> float:
        """Factor of what leaks: the voltage (at a current that is taken to stay the same), and the technology's."""
        return self.volts / NOMINAL_VOLTS * self._technology

    @property
    def _technology(self) -> float:
        return 1.0 if self.scaling is None else 1 / _FROM_45_TO_22[self.scaling]

    @property
    def sentence(self) -> str:
        """For a heading."""
        where = "22 nm" if self.scaling is None else f"45 nm (by {self.scaling})"
        return f"{where}, {self.volts:g} V"


NOMINAL = OperatingPoint()


def at_point(estimate: EnergyEstimate, point: OperatingPoint) -> EnergyEstimate:
    """The estimate at another operating point."""

    def scaled(parts: tuple[EnergyPart, ...], factor: float) -> tuple[EnergyPart, ...]:
        return tuple(replace(part, factor=part.factor * factor) for part in parts)

    return replace(
        estimate,
        parts=scaled(estimate.parts, point.dynamic),
        clocks={clock: scaled(parts, point.dynamic) for clock, parts in estimate.clocks.items()},
        leakage=scaled(estimate.leakage, point.leakage),
    )
