"""Text that needs no download: docstrings of ten packages and modules of the running Python's standard library.

The task is to tell which of them a window of 32 words comes from. Docstrings, not windows, are split into a training and a test part,
so no test window shares a docstring with the training part; a docstring that occurs in several places counts once. The text is that of one Python
release; another gives another data set.
"""

from __future__ import annotations

import ast
import hashlib
import re
import sysconfig
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..network.values import IntArray
from .split import Split

SOURCES = (
    "asyncio",
    "_pydecimal.py",
    "email",
    "http",
    "importlib",
    "logging",
    "tkinter",
    "turtle.py",
    "unittest",
    "xml",
)
WORDS = 480  # token 0 is any word that is not among the most frequent of the training part
WINDOW = 32
TRAIN_STRIDE = 4
TEST_PART = 4  # one docstring in four
UNKNOWN = 0
WORD_DROPOUT = 0.1
_WORD = re.compile("[a-z]+")


@dataclass(frozen=True, eq=False)
class TextSplit(Split):
    """Token numbers (samples, WINDOW) of 0..WORDS-1; labels are positions in SOURCES.

    ``digest``: 16 hexadecimal digits that differ when the text does.
    """

    digest: str

    @property
    def description(self) -> str:
        return (
            f"docstrings of {', '.join(SOURCES)} of Python's standard library, digest {self.digest}: windows of {WINDOW} words,"
            f" one docstring in {TEST_PART} held out"
        )

    def tensor(self, inputs: IntArray) -> Tensor:
        return torch.from_numpy(inputs)

    def augment(self, inputs: Tensor) -> Tensor:
        """Tokens, some of them made unknown."""
        return torch.where(torch.rand(inputs.shape) < WORD_DROPOUT, UNKNOWN, inputs)

    def vectors(self, inputs: IntArray) -> IntArray:
        """Tokens as 0 and 1, (samples, WORDS + WINDOW, WINDOW, 1): at each position the word's channel and channel WORDS + position are 1."""
        samples = len(inputs)
        vectors = np.zeros((samples, WORDS + WINDOW, WINDOW), np.int64)
        positions = np.arange(WINDOW)
        vectors[np.arange(samples)[:, None], inputs, positions] = 1
        vectors[:, WORDS + positions, positions] = 1
        return vectors[..., None]


def load_text_split(library: Path | None = None) -> TextSplit:
    """The split of ``library``, a directory of Python's standard library (the running Python's by default).

    Raises FileNotFoundError when one of SOURCES is not there.
    """
    root = Path(sysconfig.get_path("stdlib")) if library is None else library
    train: list[list[str]] = []
    test: list[list[str]] = []
    digest = hashlib.sha256()
    for source in SOURCES:
        parts: tuple[list[str], list[str]] = ([], [])
        for text in _docstrings(root / source):
            code = hashlib.sha256(text.encode()).digest()
            digest.update(code)
            parts[code[0] % TEST_PART == 0].extend(_WORD.findall(text.lower()))
        train.append(parts[0])
        test.append(parts[1])
    counts = Counter(word for words in train for word in words)
    frequent = sorted(counts, key=lambda word: (-counts[word], word))[: WORDS - 1]
    numbers = {word: number for number, word in enumerate(frequent, UNKNOWN + 1)}
    return TextSplit(*_windows(train, numbers, TRAIN_STRIDE), *_windows(test, numbers, WINDOW), digest.hexdigest()[:16])


def _docstrings(path: Path) -> list[str]:
    """Different docstrings of a module or package in order of file and line, its tests left out."""
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist; the text is made of Python 3.11's standard library: run that Python")
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    found: dict[str, None] = {}
    for file in files:
        if {"test", "tests"} & set(file.relative_to(path).parts):
            continue
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                text = ast.get_docstring(node)
                if text:
                    found.setdefault(text)
    return list(found)


def _windows(texts: list[list[str]], numbers: dict[str, int], stride: int) -> tuple[IntArray, IntArray]:
    """Tokens (samples, WINDOW) of windows every ``stride`` words of each class's text, and their labels (samples,)."""
    tokens: list[list[int]] = []
    labels: list[int] = []
    for label, words in enumerate(texts):
        text = [numbers.get(word, UNKNOWN) for word in words]
        for start in range(0, len(text) - WINDOW + 1, stride):
            tokens.append(text[start : start + WINDOW])
            labels.append(label)
    return np.array(tokens, np.int64), np.array(labels, np.int64)
