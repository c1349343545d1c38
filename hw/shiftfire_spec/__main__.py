"""``python -m shiftfire_spec markdown|c-header|linker-regions|fingerprint``: print a rendering of the contract."""

from __future__ import annotations

import sys

from .fingerprint import contract_fingerprint
from .render.c_header import render_c_header
from .render.linker import render_linker_regions
from .render.markdown import render_reference


def main(arguments: list[str]) -> int:
    """Print one rendering; exit code 2 when none is named."""
    renderings = {
        "markdown": render_reference,
        "c-header": render_c_header,
        "linker-regions": render_linker_regions,
        "fingerprint": lambda: f"{contract_fingerprint():#010x}\n",
    }
    if len(arguments) != 1 or arguments[0] not in renderings:
        print(f"usage: python -m shiftfire_spec {'|'.join(renderings)}", file=sys.stderr)
        return 2
    sys.stdout.write(renderings[arguments[0]]())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
