"""A board behind a serial port."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.link import DEFAULT_BAUD

from ..errors import InputError
from ..host.execute import PHASE_SECONDS, run_board
from ..host.link import Link
from ..host.serial_port import open_serial_port
from ..system.plan import RunPlan
from ..system.result import RunResult
from .backend import Ability, Progress


class Board:
    """The board at ``port``, at ``baud`` bits per second; it may take ``timeout`` seconds for what should be over at once.

    Raises InputError for settings that no port can have.
    """

    name = "board"
    abilities = Ability.CYCLES | Ability.ROUNDS

    def __init__(self, port: str, *, baud: int = DEFAULT_BAUD, timeout: float = PHASE_SECONDS) -> None:
        if baud < 1 or timeout < 0:
            raise InputError(f"board at {port}: baud {baud} must be 1 or more, timeout {timeout:g} no less than 0")
        self.port, self.baud, self.timeout = port, baud, timeout

    @contextmanager
    def connect(self) -> Iterator[Link]:
        """The link to the board. Raises RunError."""
        with open_serial_port(self.port, self.baud) as port:
            yield Link(port)

    def prepare(self, chip: ChipConfig) -> None:
        """Nothing: the board has its chip."""

    def run(self, plans: Sequence[RunPlan], *, trace: bool = False, progress: Progress | None = None) -> tuple[RunResult, ...]:
        """As `Backend.run`; ``progress`` counts the words loaded. A board does not see when packets are injected: no latencies."""
        with self.connect() as link:
            return run_board(plans, link, trace=trace, progress=progress, phase_seconds=self.timeout)
