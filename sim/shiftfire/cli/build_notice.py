"""A word to the terminal when Verilator builds a chip's RTL, which takes minutes, once for each chip description."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LOGGER = "shiftfire.builds"  # `shiftfire_hw.testing.native.BUILDS`, which takes the RTL's tools to import
REMARK = "(kept for the next time; a minute or more)"


class _Notice(logging.Handler):
    """Each build as one line on standard error, if that is a terminal."""

    def emit(self, record: logging.LogRecord) -> None:
        if sys.stderr.isatty():
            print(f"{record.getMessage()} {REMARK}", file=sys.stderr, flush=True)


@contextmanager
def build_notice() -> Iterator[None]:
    """Say so on standard error when Verilator builds something inside; what was built before is not built."""
    logger, notice = logging.getLogger(LOGGER), _Notice(logging.INFO)
    level = logger.level
    logger.addHandler(notice)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(notice)
        logger.setLevel(level)
