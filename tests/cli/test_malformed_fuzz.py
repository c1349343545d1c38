"""Shipped models and chips with bytes changed at random: they run, or are refused in one line. No traceback, no hang."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
from shiftfire.network.bundled import find_model

SEED = 20250501
ROUNDS, MOST_ROUNDS = 60, 600  # what changes are legal depends on the files' bytes: more rounds until both ends were seen
LONGEST_SECONDS = 20
TOKENS = (
    b"-1",
    b"0",
    b"65535",
    b"99999999999",
    b"1e9",
    b"NaN",
    b"null",
    b"true",
    b'"',
    b"{",
    b"]",
    b",",
    b"\x00",
    b"\xff\xff\xff\x7f",
)


def spoiled(data: bytes, rng: random.Random) -> bytes:
    """One to three changes: bits flipped, a cut, a stretch repeated, a number or a token put in the place of another."""
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(data) + 1) if rng.random() < 0.5 else rng.randrange(min(len(data), 600) + 1)
        kind = rng.randrange(5)
        if kind == 0 and data:
            at = min(place, len(data) - 1)
            data = data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
        elif kind == 1:
            data = data[:place]
        elif kind == 2:
            data = data[: place + rng.randrange(40)] + data[place:]
        elif kind == 3:
            data = data[:place] + data[place + rng.randrange(1, 9) :]
        else:
            end = place
            while end < len(data) and data[end : end + 1].isalnum():
                end += 1
            data = data[:place] + rng.choice(TOKENS) + data[end:]
    return data


@pytest.mark.parametrize("model", ["digits-mlp", "digits-cnn", "digits-ssf"])
def test_spoiled_models(command: Callable, model: str, tmp_path: Path) -> None:
    rng = random.Random(f"{SEED} {model}")
    folder = tmp_path / "m"
    shutil.copytree(find_model(model), folder)
    names = sorted(path.name for path in folder.iterdir())
    codes = set()
    for number in range(MOST_ROUNDS):
        if number >= ROUNDS and codes == {0, 2}:
            break
        name = rng.choice(names)
        original = (folder / name).read_bytes()
        (folder / name).write_bytes(spoiled(original, rng))
        codes.add(checked(command, "run", folder, "--backend", "golden", "--samples", 2))
        (folder / name).write_bytes(original)
    assert codes == {0, 2}


def test_spoiled_chips(command: Callable, tmp_path: Path) -> None:
    rng = random.Random(SEED)
    original = (resources.files("shiftfire_spec") / "presets" / "edge.toml").read_bytes()
    codes = set()
    for number in range(MOST_ROUNDS):
        if number >= ROUNDS and codes == {0, 2}:
            break
        (tmp_path / "chip.toml").write_bytes(spoiled(original, rng))
        codes.add(checked(command, "info", "digits-mlp", "--chip", tmp_path / "chip.toml"))
    assert codes == {0, 2}


def test_spoiled_inputs(command: Callable, tmp_path: Path) -> None:
    rng = random.Random(SEED)
    head = b"{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1, 8, 8), }".ljust(117) + b"\n"
    original = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + bytes(i % 17 for i in range(128))
    codes = set()
    for number in range(MOST_ROUNDS):
        if number >= ROUNDS and codes == {0, 2}:
            break
        (tmp_path / "x.npy").write_bytes(spoiled(original, rng))
        codes.add(checked(command, "run", "digits-mlp", "--backend", "golden", "--input", tmp_path / "x.npy"))
    assert codes == {0, 2}


def checked(command: Callable, *arguments: object) -> int:
    """Exit code 0, or 2 with one line on standard error; in time."""
    start = time.perf_counter()
    ran = command(*arguments)
    assert time.perf_counter() - start < LONGEST_SECONDS
    assert ran.code in (0, 2), ran
    if ran.code:
        assert ran.out == ""
        assert ran.err.startswith("shiftfire: ") and ran.err.count("\n") == 1 and ran.err[:-1].isprintable(), ran.err
    return ran.code
