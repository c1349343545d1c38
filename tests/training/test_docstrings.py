"""The docstring task, on a library of a few files made here."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from shiftfire.training.docstrings import SOURCES, UNKNOWN, WINDOW, WORDS, load_text_split

FUNCTIONS = 60


def _library(root: Path, first: str = "Module") -> Path:
    """Every source says its own word in all docstrings: w0 of ten letters a, w1 of ten letters b ..., and never another's."""
    for label, source in enumerate(SOURCES):
        word = chr(ord("a") + label) * 10
        functions = "".join(f'def f{n}():\n    """{word} {_letters(n)} {_letters(n)} {word}s."""\n' for n in range(FUNCTIONS))
        text = f'"""{first} {word}."""\n' + functions
        path = root / source if source.endswith(".py") else root / source / "deep" / "module.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + text.replace("def f", "def g"))  # each docstring twice
        if not source.endswith(".py"):
            (root / source / "tests").mkdir()
            (root / source / "tests" / "test_it.py").write_text(functions.replace(word, word + " " + word))
    return root


def _letters(number: int) -> str:
    return "q" + chr(ord("a") + number % 10) + chr(ord("a") + number // 10)


def test_split(tmp_path: Path) -> None:
    split = load_text_split(_library(tmp_path))
    for tokens, labels in ((split.train_inputs, split.train_labels), (split.test_inputs, split.test_labels)):
        assert tokens.shape == (len(labels), WINDOW) and tokens.dtype == np.int64
        assert tokens.min() >= UNKNOWN and tokens.max() < WORDS
        assert set(labels) == set(range(len(SOURCES)))
    shared = [set(split.train_inputs[split.train_labels == label].flat) for label in range(len(SOURCES))]
    own = [words.difference(*(other for n, other in enumerate(shared) if n != label)) for label, words in enumerate(shared)]
    assert [len(words) for words in own] == [2] * len(SOURCES)  # "aaaaaaaaaa" and "aaaaaaaaaas"
    for label, words in enumerate(own):
        holds = np.isin(split.test_inputs, list(words)).any(axis=1)
        assert np.array_equal(holds, split.test_labels == label)
    words = 4 * FUNCTIONS * len(SOURCES)
    assert (
        words - 2 * WINDOW * len(SOURCES) < split.test_inputs.size + len(split.train_labels) * 4 < words
    )  # duplicates and tests left out


def test_parts_share_no_docstring(tmp_path: Path) -> None:
    """The middle words of a docstring number it: the test part's are unknown, as no docstring of the training part has them."""
    split = load_text_split(_library(tmp_path))
    train, test = split.train_inputs[split.train_labels == 3], split.test_inputs[split.test_labels == 3]
    numbers = [{(a, b) for row in part for a, b in pairwise(row) if a == b != UNKNOWN} for part in (train, test)]
    assert len(numbers[0]) > 30
    assert not numbers[0] & numbers[1]


def test_digest_follows_the_text(tmp_path: Path) -> None:
    first, second, third = (load_text_split(_library(tmp_path / name, name[:6])) for name in ("Module1", "Module2", "Other"))
    assert first.digest == second.digest != third.digest
    assert np.array_equal(first.test_inputs, second.test_inputs)


def test_missing_source(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"asyncio does not exist; the text is made of Python 3.11's standard library"):
        load_text_split(tmp_path)
