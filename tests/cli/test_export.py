"""``shiftfire export``."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from shiftfire_hw.soc import elf
from shiftfire_hw.testing import soc_harness
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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "has 0 bytes: give a file"),
        (b"12345", "has 5 bytes: give a file"),
        (b"1234", "is no program image of version 2"),
    ],
)
def test_files_that_the_soc_cannot_use(command: Callable, tmp_path: Path, content: bytes, message: str) -> None:
    for name in ("x.img", "x.elf"):
        (tmp_path / name).write_bytes(content)
    ran = command("soc", tmp_path / "x.img", "--firmware", tmp_path / "x.elf")
    assert ran.code == 2 and message in ran.err and len(ran.err.splitlines()) == 1
    ran = command("soc", tmp_path / "none", "--firmware", tmp_path / "x.elf")
    assert ran.code == 2 and "none: no such file" in ran.err
    assert command("soc", tmp_path, "--firmware", tmp_path / "x.elf").code == 2


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [(0, 0, ""), (1, 1, ""), (11, 2, "the firmware reports: all too slow"), (None, 2, "did not end within 100 cycles")],
)
def test_what_the_firmware_says(
    command: Callable, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int | None, code: int, message: str
) -> None:
    serial = "contract 0x1\nsample 0 0\x1b predicted 1\n" + ("" if status is None else f"end {status}: all too slow\n")
    monkeypatch.setattr(elf, "read_firmware", lambda path: (1, 2))
    monkeypatch.setattr(soc_harness, "build_soc_harness", lambda chip: tmp_path)
    monkeypatch.setattr(soc_harness, "run_soc", lambda *a, **k: soc_harness.SocOutcome(serial, status, 100))
    assert command("export", model, "--firmware-image", tmp_path / "x", "--samples", 1).code == 0
    ran = command("soc", tmp_path / "x", "--firmware", tmp_path / "x", "--limit-cycles", 100)
    assert (ran.code, ran.out.splitlines()[0]) == (code, "contract 0x1")
    assert "\x1b" not in ran.out and message in ran.err
