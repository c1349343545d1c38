"""``shiftfire soc``: what the firmware would refuse at once is said before any RTL is built."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from shiftfire.host.image import crc
from shiftfire_hw.soc import elf
from shiftfire_hw.testing import soc_harness
from shiftfire_spec import image


def never(*arguments: object, **options: object) -> NoReturn:
    raise AssertionError("the RTL was built")


@pytest.fixture
def toy(command: Callable, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An image for ``edge``."""
    monkeypatch.setattr(elf, "read_firmware", lambda path: (1, 2))
    monkeypatch.setattr(soc_harness, "build_soc_harness", never)
    assert command("export", model, "--firmware-image", tmp_path / "toy.img", "--samples", 2).code == 0
    return tmp_path / "toy.img"


def changed(path: Path, name: str, *, whole: bool = True) -> None:
    """Invert a word of the header; ``whole``: with a CRC that agrees."""
    words = np.fromfile(path, "<u4").astype(np.uint32)
    words[image.HEADER_INDEX[name]] ^= np.uint32(0xFFFF_FFFF)
    if whole:
        words[-1] = crc(words[:-1])
    words.astype("<u4").tofile(path)


@pytest.mark.parametrize(
    ("name", "whole", "message"),
    [
        ("MAGIC", True, "is no program image of version 2: give a file"),
        ("VERSION", True, "is no program image of version 2: give a file"),
        ("WORDS", True, "is damaged (its length or its CRC does not agree): export it again"),
        ("CLASSES", False, "is damaged (its length or its CRC does not agree): export it again"),
        ("FINGERPRINT", True, ": export it again"),
        ("CHIP_DIGEST", True, "was made for another chip than edge: name its own with --chip"),
    ],
)
def test_images(command: Callable, toy: Path, name: str, whole: bool, message: str) -> None:
    changed(toy, name, whole=whole)
    ran = command("soc", toy, "--firmware", "x.elf")
    assert ran.code == 2 and f"image {toy}" in ran.err and message in ran.err and ran.err.count("\n") == 1


def test_another_chip(command: Callable, toy: Path) -> None:
    for pty in ((), ("--pty",)):
        ran = command("soc", toy, "--firmware", "x.elf", "--chip", "ulx3s", *pty)
        assert ran.code == 2 and "was made for another chip than ulx3s" in ran.err, ran


def test_files_that_are_something_else(command: Callable, toy: Path) -> None:
    for content in (b"text " * 20, b"\x7fELF" + bytes(8)):
        toy.write_bytes(content)
        assert "is no program image" in command("soc", toy, "--firmware", "x.elf").err


def test_the_right_one_goes_on(command: Callable, toy: Path) -> None:
    with pytest.raises(AssertionError, match="the RTL was built"):
        command("soc", toy, "--firmware", "x.elf")
