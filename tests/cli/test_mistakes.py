"""A user's mistake: one line on standard error, exit code 2, and nothing overwritten."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from shiftfire.api import runs

pytestmark = pytest.mark.usefixtures("fake_backend")


def check(ran: object, *parts: str) -> None:
    assert ran.code == 2, ran  # type: ignore[attr-defined]
    assert ran.out == ""  # type: ignore[attr-defined]
    message = ran.err  # type: ignore[attr-defined]
    assert message.count("\n") == 1 and message.startswith("shiftfire: "), message
    for part in parts:
        assert part in message, message


def test_models_and_chips(command: Callable, model: Path, tmp_path: Path) -> None:
    check(command("run", "digits-cnm"), "digits-cnm")
    check(command("info", tmp_path), "network.json")
    check(command("run", model, "--chip", "egde"), "egde", "nano, ulx3s, edge, server")
    (tmp_path / "bad.toml").write_text('name = "bad"\nvolts = 3')
    check(command("info", model, "--chip", tmp_path / "bad.toml"), "bad.toml", "unknown key 'volts'")


def test_broken_network(command: Callable, model: Path) -> None:
    (model / "network.json").write_text("{")
    check(command("run", model), "network.json")


def test_samples(command: Callable, model: Path) -> None:
    check(command("run", model, "--samples", 7), "--samples 7", "has 6 samples")
    check(command("run", model, "--samples", 0), "--samples 0")


def test_inputs(command: Callable, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(command("run", model, "--input", tmp_path / "none.npy"), "none.npy", "no such file")
    check(command("run", model, "--input", model), "must end in one of .npy, .npz, .safetensors")
    broken = tmp_path / "x.npy"
    broken.write_bytes(b"\x93NUMPY\x01\x00junk")
    check(command("run", model, "--input", broken), "x.npy", "not a .npy file")
    np.save(broken, np.array([{}], dtype=object), allow_pickle=True)
    check(command("run", model, "--input", broken), "not a .npy file of numbers")  # a pickle is never opened
    np.save(broken, np.full((2, 3, 1, 1), 0.5))
    check(command("run", model, "--input", broken), "x.npy", "0.5 at (0, 0, 0, 0) is not a whole number")
    np.save(broken, np.ones((2, 3, 1, 1), complex))
    check(command("run", model, "--input", broken), "complex128", "whole numbers")
    np.save(broken, np.ones((2, 3, 1, 1)))
    check(command("run", model, "--input", broken), "the time axis is missing", "np.repeat(x[:, None], 2, axis=1)")
    np.save(broken, np.full((2, 3, 1, 1), 2**64 - 1, np.uint64))
    check(command("run", model, "--input", broken), "18446744073709551615")
    np.save(broken, np.zeros((2, 0, 1, 1), np.int64))
    check(command("run", model, "--input", broken), "shape (2, 0, 1, 1)")
    np.savez(tmp_path / "a.npz", np.ones(3))
    (tmp_path / "a.npz").replace(broken)
    check(command("run", model, "--input", broken), "not a .npy file")  # an archive under the wrong name
    broken.write_bytes(b"PK\x03\x04 cut off")
    check(command("run", model, "--input", broken), "not a .npy file")
    head = b"{'descr': '<i8', 'fortran_order': False, 'shape': (1099511627776, 4096)}\n"
    broken.write_bytes(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head)
    check(command("run", model, "--input", broken), "not a .npy file")  # 32 PiB that are not there
    np.save(broken, np.ones(3, np.int64))
    check(command("run", model, "--input", broken), "shape (3,)")
    monkeypatch.setattr("shiftfire.inputs.limits.MAX_INPUT_BYTES", 10)
    check(command("run", model, "--input", broken), "more than 10")


def test_safetensors(command: Callable, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(b"\xff" * 20)
    check(command("run", model, "--input", path), "not a safetensors file")
    for number, kind in enumerate(("BF16", "F8_E4M3")):
        head = b'{"inputs":{"dtype":"%s","shape":[1,3,1,1],"data_offsets":[0,%d]}}' % (kind.encode(), 6 - 3 * number)
        path.write_bytes(len(head).to_bytes(8, "little") + head + bytes(6 - 3 * number))
        check(command("run", model, "--input", path), "not a safetensors file of integers")
    save_file({"images": np.ones((2, 3, 1, 1), np.uint8)}, path)
    check(command("run", model, "--input", path), "no tensor 'inputs'", "images")
    save_file({"inputs": np.ones((2, 3, 1, 1), np.uint8), "labels": np.zeros(3, np.int64)}, path)
    check(command("run", model, "--input", path), "labels", "one integer per sample")


def test_outputs_stay_untouched(command: Callable, model: Path, tmp_path: Path) -> None:
    old = tmp_path / "r.json"
    old.write_text("old")
    check(command("run", model, "--samples", 7, "--json", old))
    check(command("run", model, "--movement", "warp", "--json", old), "'warp'", "loihi")
    assert old.read_text() == "old"
    check(command("run", model, "--json", tmp_path / "no" / "r.json"), "no such folder")
    check(command("run", model, "--json", tmp_path), "is a directory")
    check(command("run", model, "--trace", tmp_path / "t.vcd"), ".json", ".csv")
    check(command("run", model, "--backend", "golden", "--trace", tmp_path / "t.json"), "golden has no cycles", ".csv")
    check(command("run", model, "--json", old, "--trace", tmp_path / "toy" / ".." / "r.json"), "named twice")
    check(command("verify", model, "--json", tmp_path / "no" / "r.json"), "no such folder")
    check(command("bench", model, "--json", tmp_path / "no" / "r.json"), "no such folder")
    assert old.read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["r.json", "toy"]


def test_out_of_memory(command: Callable, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*arguments: object, **options: object) -> None:
        raise MemoryError("32 GiB")

    monkeypatch.setattr(runs, "plan_rounds", run)
    check(command("run", model), "out of memory", "32 GiB")


def test_usage(command: Callable) -> None:
    assert command("run").code == 2
    assert command("fly").code == 2
    assert command("run", "x", "--backend", "magic").code == 2


def test_real_time(command: Callable, model: Path, tmp_path: Path) -> None:
    """It is of recordings, on chips that can wait."""
    np.savez(tmp_path / "events.npz", t=np.array([1.0]), i=np.array([0]))
    check(command("run", model, "--realtime"), "--realtime is for a recording of events: give --input FILE and --bin-width US")
    check(command("verify", model, "--realtime", "--input", tmp_path / "events.npz"), "--realtime is for a recording of events")
    check(command("run", model, "--gap", 5), "--gap 5 is for --realtime")
    timed = ("--realtime", "--input", tmp_path / "events.npz", "--bin-width", 10)
    check(command("run", model, *timed, "--gap", -5), "gap_us = -5.0 is out of range")
    refused = command("run", model, *timed, "--set", "fabric.timed_inputs=false")
    check(refused, "has timed_inputs = false; take a chip that has it, such as edge")
