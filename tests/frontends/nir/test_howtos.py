"""The how-tos of the frameworks, word for word, where the framework is installed (`make frameworks`)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from support.howtos import run_page


@pytest.mark.parametrize(
    "framework",
    [
        pytest.param(name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"needs {name}: make frameworks"))
        for name in ("snntorch", "norse", "spikingjelly", "sinabs")
    ],
)
def test_the_blocks_of_a_page_are_one_program(framework: str, tmp_path: Path) -> None:
    """From training to a run that is right more often than not, with integers that decide as the floats do."""
    run_page(f"from-{framework}", tmp_path, decisions=0.995)
