"""A page of docs/howto as the one program that its blocks are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHECK = "\nassert result.accuracy > 0.75, result.accuracy\nassert made.fidelity.decisions > {decisions}, made.fidelity.decisions\n"


def run_page(name: str, folder: Path, decisions: float) -> None:
    """Execute the three blocks of ``name``.md, from training to a run that is right more often than not, with integers that decide as the floats do in ``decisions`` of the samples."""
    page = (ROOT / "docs" / "howto" / f"{name}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    program = folder / "program.py"
    program.write_text("".join(blocks) + CHECK.format(decisions=decisions), encoding="utf-8")
    path = os.pathsep.join([str(ROOT / "hw"), str(ROOT / "sim")])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(program)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
