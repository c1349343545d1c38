"""The how-to, word for word, where torch and SpikingJelly are installed (`make frameworks`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.howtos import run_page

pytest.importorskip("torch")
pytest.importorskip("spikingjelly")


@pytest.mark.slow
def test_the_blocks_of_the_page_are_one_program(tmp_path: Path) -> None:
    run_page("from-torch", tmp_path, decisions=0.97)
