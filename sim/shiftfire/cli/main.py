"""The ``shiftfire`` command.

Exit codes: 0 done; 1 a verification or an image's predictions found a difference, doctor something missing, or a build exceeds its budget; 2 a mistake of the user, or a run that
could not finish, in one line on standard error; 130 (128 + SIGINT) interrupted; 141 (128 + SIGPIPE, as from other tools) nobody reads the output any more.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ..api import RunError, UserError
from ..report.document import package_version
from .bench import bench
from .breakeven import breakeven
from .build import build
from .console import printable
from .control import control
from .convert import convert
from .doctor import doctor
from .energy import energy
from .export import export
from .import_sorbet import app as import_app
from .info import info
from .run import run
from .soc import soc
from .table import table
from .usage import usage_errors
from .verify import verify
from .verilog import verilog
from .why import why

_COMMANDS = (run, control, convert, verify, why, energy, breakeven, info, verilog, build, export, soc, bench, doctor)
_NOT_READ = 141
_INTERRUPTED = 130


class _Commands(TyperGroup):
    """The commands; a closed pipe and Ctrl-C end them here, before typer makes them exit code 1, and usage errors before it draws boxes."""

    def make_context(self, *arguments: Any, **options: Any) -> Any:
        with _ended_early(), usage_errors():
            return super().make_context(*arguments, **options)  # --version prints here

    def invoke(self, ctx: Any) -> Any:
        with _ended_early(), usage_errors():
            return super().invoke(ctx)


@contextmanager
def _ended_early() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise typer.Exit(_NOT_READ) from None
    except KeyboardInterrupt:
        print("shiftfire: interrupted", file=sys.stderr)
        raise typer.Exit(_INTERRUPTED) from None


def build_app() -> typer.Typer:
    """The application with all commands."""
    app = typer.Typer(
        cls=_Commands,
        help="Cycle-exact simulator of a multiplier-free neuromorphic accelerator.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    for command in _COMMANDS:
        app.command()(command)
    app.command(hidden=True)(table)
    app.add_typer(import_app, name="import")
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"shiftfire {package_version()}")
        raise typer.Exit


def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)] = False,
) -> None:
    pass


def main() -> None:
    """Entry point; turns the user's mistakes into one line and exit code 2."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the caller
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    try:
        try:
            build_app()()
        finally:
            sys.stdout.flush()
    except RunError as error:
        print(f"shiftfire: {error}", file=sys.stderr)  # lines of a log may follow
        sys.exit(2)
    except UserError as error:
        _fail(str(error))
    except MemoryError as error:
        _fail(f"out of memory: use fewer samples or timesteps, or a smaller network ({error or 'no details'})")
    except BrokenPipeError:
        _drop_output()
        sys.exit(_NOT_READ)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        if error.filename is None and error.errno != errno.ENOSPC:
            raise
        if error.filename is None:
            _drop_output()
        _fail(f"{error.filename or 'standard output'}: {reason[:1].lower()}{reason[1:]}")


def _drop_output() -> None:
    """Send what is still buffered for standard output nowhere, or Python would fail once more as it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str) -> None:
    """One line on standard error, whatever the message quotes."""
    print(f"shiftfire: {printable(' '.join(message.split()))}", file=sys.stderr)
    sys.exit(2)
