"""``shiftfire export``."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from shiftfire_spec import image


def words(path: Path) -> np.ndarray:
    return np.fromfile(path, "<u4")


def test_an_image(command: Callable, model: Path, tmp_path: Path) -> None:
    ran = command("export", model, "--firmware-image", tmp_path / "toy.img", "--per-run", 4, "--limit-cycles", 5000)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    made = words(tmp_path / "toy.img")
    assert made[image.HEADER_INDEX["MAGIC"]] == image.IMAGE_MAGIC
    assert made[image.HEADER_INDEX["RUN_COUNT"]] == 2  # six samples


def test_the_same_command_gives_the_same_file(command: Callable, model: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert command("export", model, "--firmware-image", tmp_path / name, "--samples", 3).code == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--limit-cycles", "0"], "limit of 0 cycles is out of range"),
        (["--per-run", "5000"], "5000 samples per run are out of range"),
        (["--samples", "7"], "--samples 7 is out of range"),
        (["--chip", "none"], "no chip 'none'"),
    ],
)
def test_mistakes(command: Callable, model: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    ran = command("export", model, "--firmware-image", tmp_path / "x", *arguments)
    assert ran.code == 2 and message in ran.err and len(ran.err.splitlines()) == 1
    assert not os.path.exists(tmp_path / "x")


def test_a_folder_that_is_missing(command: Callable, model: Path, tmp_path: Path) -> None:
    ran = command("export", model, "--firmware-image", tmp_path / "no" / "x")
    assert ran.code == 2 and "no such folder" in ran.err
