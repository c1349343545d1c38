"""``python -m attack --seed N --pairs 1000``, with `tests` on the path, as `make attack` does."""

from __future__ import annotations

import sys

from .run import main

if __name__ == "__main__":
    sys.exit(main())
