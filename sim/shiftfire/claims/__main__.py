"""``python -m shiftfire.claims measure FILE [NAME ...]`` runs claims into a record; ``python -m shiftfire.claims render FILE`` prints its page."""

from __future__ import annotations

import sys
from pathlib import Path

from shiftfire_spec.errors import UserError

from .document import ClaimsError, read_record
from .measure import measure_claims
from .registry import CLAIMS
from .render import render_claims

USAGE = "say what to do: python -m shiftfire.claims measure FILE [NAME ...], or render FILE"


def main(arguments: list[str]) -> int:
    """Exit code: 0, or 2 when the arguments or the record are at fault."""
    try:
        match arguments:
            case ["measure", file, *names]:
                measure_claims(Path(file), names, CLAIMS)
            case ["render", file]:
                sys.stdout.write(render_claims(read_record(Path(file)), CLAIMS))
            case _:
                raise ClaimsError(USAGE)
    except (UserError, OSError) as error:
        print(f"shiftfire.claims: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
