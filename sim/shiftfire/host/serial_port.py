"""A serial port of this computer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from shiftfire_spec.link import DEFAULT_BAUD

from ..system.plan import RunError

if TYPE_CHECKING:
    from serial import Serial

_WAIT_SECONDS = 0.02
_WRITE_SECONDS = 10.0


class Port(Protocol):
    """A line to a board; ``name`` is what the user calls it."""

    name: str

    def write(self, data: bytes) -> None:
        """Send bytes. Raises RunError."""
        ...

    def read(self) -> bytes:
        """What has come, after waiting a moment for it; perhaps nothing. Raises RunError."""
        ...


class SerialPort:
    """A `Port` with pyserial behind it."""

    def __init__(self, name: str, serial: Serial) -> None:
        self.name = name
        self._serial = serial

    def write(self, data: bytes) -> None:
        with _broken(self.name):
            self._serial.write(data)

    def read(self) -> bytes:
        with _broken(self.name):
            first = self._serial.read(1)
            return first + self._serial.read(self._serial.in_waiting) if first else b""


@contextmanager
def open_serial_port(name: str, baud: int = DEFAULT_BAUD) -> Iterator[SerialPort]:
    """Open a port by its name, for this program alone, and forget what has come before. Raises RunError."""
    try:
        import serial
    except ImportError:
        raise RunError("a board needs pyserial: pip install 'shiftfire[board]'") from None
    try:
        opened = serial.Serial(name, baud, timeout=_WAIT_SECONDS, write_timeout=_WRITE_SECONDS, exclusive=True)
    except (OSError, ValueError, *_termios_errors()) as error:
        raise RunError(
            f"port {name} cannot be opened at {baud} baud ({_reason(error)}): give a serial port that exists and nobody else uses"
        ) from None
    with opened:
        with _broken(name):
            opened.reset_input_buffer()
        yield SerialPort(name, opened)


@contextmanager
def _broken(name: str) -> Iterator[None]:
    try:
        yield
    except (OSError, TypeError, *_termios_errors()) as error:  # TypeError: pyserial, when the port was closed under it
        raise RunError(f"port {name} broke off ({_reason(error)}): plug the board in and run again") from None


def _termios_errors() -> tuple[type[Exception], ...]:
    try:
        import termios
    except ImportError:  # not on Windows
        return ()
    return (termios.error,)


def _reason(error: Exception) -> str:
    """Of an exception of the operating system what it says, without numbers and repetitions."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text[:1].lower() + text[1:]
