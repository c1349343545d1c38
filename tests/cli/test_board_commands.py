"""Commands that want a board, with wrong arguments or without one: exit code 2, one line that names value and remedy."""

from __future__ import annotations

import os
import sys
import threading
import tty
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from shiftfire.host import link
from shiftfire.host.image import crc
from shiftfire_spec.address import IO_REGISTER_INDEX
from shiftfire_spec.fingerprint import contract_fingerprint
from shiftfire_spec.image import HEADER_INDEX, HEADER_WORDS, IMAGE_MAGIC, IMAGE_VERSION
from shiftfire_spec.soc import REGION
from support.link_board import Board

RUN = ("run", "digits-mlp", "--chip", "ulx3s", "--samples", "1", "--backend", "board")


def check(ran: object, *parts: str) -> None:
    """Exit code 2, one line on standard error with these parts, no traceback."""
    assert ran.code == 2, ran  # type: ignore[attr-defined]
    err = ran.err  # type: ignore[attr-defined]
    assert err.count("\n") == 1 and err.startswith("shiftfire: ") and "Traceback" not in err, err
    for part in parts:
        assert part in err, err


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "some.img"
    words = np.zeros(HEADER_WORDS + 1, np.uint32)  # nothing but a header that says so
    said = {"MAGIC": IMAGE_MAGIC, "VERSION": IMAGE_VERSION, "WORDS": len(words), "FINGERPRINT": contract_fingerprint()}
    words[[HEADER_INDEX[name] for name in said]] = list(said.values())
    words[-1] = crc(words[:-1])
    words.astype("<u4").tofile(path)
    return path


def test_a_board_needs_a_port(command: Callable[..., object]) -> None:
    check(command(*RUN), "--backend board", "name its serial port", "--port /dev/ttyUSB0")


def test_a_port_is_for_a_board(command: Callable[..., object]) -> None:
    check(command(*RUN[:-2], "--port", "/dev/ttyUSB7"), "--port /dev/ttyUSB7", "--backend board")


@pytest.mark.parametrize("port", ["/dev/no-such-port", "/dev/null"])
def test_a_port_that_is_none(command: Callable[..., object], port: str, image: Path) -> None:
    for arguments in (RUN, ("soc", image)):
        check(command(*arguments, "--port", port), f"port {port} cannot be opened at 115200 baud", "give a serial port that exists")


def test_pyserial_is_missing(command: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "serial", None)
    check(command(*RUN, "--port", "/dev/ttyUSB0"), "pip install 'shiftfire[board]'")


def test_nobody_answers(command: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    """A port behind which there is no board of ours."""
    monkeypatch.setattr(link.Link.__init__, "__kwdefaults__", {**link.Link.__init__.__kwdefaults__, "answer_seconds": 0.05})
    near, far = os.openpty()
    tty.setraw(far)
    try:
        name = os.ttyname(far)
        check(command(*RUN, "--port", name), f"port {name}: no answer to the first request", "check cable, power and baud rate")
    finally:
        os.close(near)
        os.close(far)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ({}, (f"fingerprint is 0x00000000, this program's {contract_fingerprint():#010x}", "build the board's design")),
        (
            {REGION["FABRIC"].base // 4 + IO_REGISTER_INDEX["FINGERPRINT"]: contract_fingerprint()},
            ("the board's chip is another one than ulx3s", "--chip"),
        ),
    ],
    ids=["contract", "chip"],
)
def test_another_board(command: Callable[..., object], words: dict[int, int], parts: tuple[str, ...]) -> None:
    """A board in Python at a pseudo-terminal."""
    near, far = os.openpty()
    tty.setraw(far)
    board, ended = Board(size=1 << 30), threading.Event()
    board.words = dict(words)

    def serve() -> None:
        while not ended.is_set():
            try:
                board.write(os.read(near, 4096))
            except OSError:
                return
            os.write(near, bytes(board.coming))
            board.coming.clear()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        check(command(*RUN, "--port", os.ttyname(far)), *parts)
    finally:
        ended.set()
        os.write(far, b"\x7e")
        thread.join()
        os.close(near)
        os.close(far)


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        ((), ("--firmware FILE", "--port PORT")),
        (("IMAGE",), ("--firmware FILE", "--port PORT")),
        (("IMAGE", "--firmware", "x.elf", "--port", "/dev/ttyUSB0"), ("one of --firmware FILE", "--port PORT")),
        (("--port", "/dev/ttyUSB0"), ("name a program image",)),
        (("--firmware", "x.elf"), ("name a program image", "--pty")),
        (("--pty", "IMAGE", "--port", "/dev/ttyUSB0"), ("--pty", "--firmware FILE")),
    ],
)
def test_soc_s_arguments(command: Callable[..., object], image: Path, arguments: tuple[str, ...], parts: tuple[str, ...]) -> None:
    check(command("soc", *(str(image) if word == "IMAGE" else word for word in arguments)), *parts)


def test_an_image_that_the_firmware_would_not_see(command: Callable[..., object], tmp_path: Path) -> None:
    path = tmp_path / "zero.img"
    path.write_bytes(bytes(64))
    check(command("soc", path, "--port", "/dev/ttyUSB0"), f"image {path} begins with 0", "export it again")
