"""The tutorial: every block runs, in order, and prints what the page says. ``python tests/api/test_tutorial.py`` writes down what it prints."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```python( slow)?\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def blocks() -> Iterator[tuple[re.Match[str], bool]]:
    """Each block of code with the output that follows it, and whether it is a slow one."""
    for match in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        yield match, match[1] is not None


def printed(code: str, names: dict[str, Any]) -> str:
    """What a block prints."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(compile(code, str(PAGE), "exec"), names)
    return "".join(f"{line.rstrip()}\n" for line in output.getvalue().splitlines())


def run(slow: bool) -> int:
    names: dict[str, Any] = {"__name__": "tutorial"}
    compared = 0
    for match, is_slow in blocks():
        if is_slow and not slow:
            continue
        found = printed(match[2], names)
        assert found == (match[3] or ""), match[2]
        compared += bool(found)
    return compared


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tutorial writes files."""
    pytest.importorskip("pandas")
    pytest.importorskip("matplotlib").use("Agg")
    monkeypatch.chdir(tmp_path)


def test_the_tutorial(tmp_path: Path) -> None:
    assert run(slow=False) >= 10
    assert {"lines.png", "utilisation.png", "bars"} <= {path.name for path in tmp_path.iterdir()}


@pytest.mark.slow
def test_the_tutorial_to_its_end() -> None:
    assert run(slow=True) >= 11


def test_every_block_is_found() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert len(list(blocks())) == text.count("```python")
    assert sum(match[3] is not None for match, _ in blocks()) == text.count("```text")


def write() -> None:
    """Put what the blocks print into the page."""
    names: dict[str, Any] = {"__name__": "tutorial"}
    text, end, parts = PAGE.read_text(encoding="utf-8"), 0, []
    for match, _ in blocks():
        found = printed(match[2], names)
        shown = f"\n```text\n{found}```\n" if match[3] is not None else ""
        parts += [text[end : match.start()], f"```python{match[1] or ''}\n{match[2]}```\n", shown]
        end = match.end()
    PAGE.write_text("".join([*parts, text[end:]]), encoding="utf-8")


if __name__ == "__main__":
    write()
