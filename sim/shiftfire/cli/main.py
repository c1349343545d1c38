"""The ``shiftfire`` command.

Exit codes: 0 done; 1 a verification found a difference, or doctor something missing; 2 a mistake of the user, or a run that
could not finish, in one line on standard error.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from shiftfire_spec.errors import ContractError

from ..compiler.program import CompileError
from ..energy.table import EnergyError
from ..network.graph import NetworkError
from ..report.document import package_version
from ..report.trace import TraceError
from ..system.plan import RunError
from .bench import bench
from .doctor import doctor
from .info import info
from .inputs import InputError
from .run import run
from .table import table
from .verify import verify
from .verilog import verilog

USER_ERRORS = (NetworkError, CompileError, ContractError, EnergyError, TraceError, InputError)
_COMMANDS = (run, verify, info, verilog, bench, doctor)


def build_app() -> typer.Typer:
    """The application with all commands."""
    app = typer.Typer(
        help="Cycle-exact simulator of a multiplier-free neuromorphic accelerator.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_options)
    for command in _COMMANDS:
        app.command()(command)
    app.command(hidden=True)(table)
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
    try:
        build_app()()
    except USER_ERRORS as error:
        _fail(str(error))
    except MemoryError as error:
        _fail(f"out of memory: use fewer samples or timesteps, or a smaller network ({error or 'no details'})")
    except RunError as error:
        print(f"shiftfire: {error}", file=sys.stderr)  # lines of a log may follow
        sys.exit(2)
    except OSError as error:
        if error.filename is None:
            raise
        _fail(f"{error.filename}: {(error.strerror or type(error).__name__).lower()}")


def _fail(message: str) -> None:
    print(f"shiftfire: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(2)
