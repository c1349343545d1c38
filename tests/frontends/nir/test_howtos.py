"""The how-tos of the frameworks, word for word, where the framework is installed (`make frameworks`)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent.parent


@pytest.mark.parametrize(
    "framework",
    [
        pytest.param(name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"needs {name}: make frameworks"))
        for name in ("snntorch", "norse", "spikingjelly", "sinabs")
    ],
)
def test_the_blocks_of_a_page_are_one_program(framework: str, tmp_path: Path) -> None:
    """From training to a run that is right more often than not, with integers that decide as the floats do."""
    page = (ROOT / "docs" / "howto" / f"from-{framework}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    check = "\nassert result.accuracy > 0.75, result.accuracy\nassert made.fidelity.decisions > 0.995, made.fidelity.decisions\n"
    program = tmp_path / "program.py"
    program.write_text("".join(blocks) + check, encoding="utf-8")
    path = os.pathsep.join([str(ROOT / "hw"), str(ROOT / "sim")])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(program)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
