"""``shiftfire control``: with a stand-in for gymnasium, so that it runs everywhere."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest


class Upright:
    """Four numbers that never change, for six steps."""

    spec = SimpleNamespace(max_episode_steps=6)

    def reset(self, seed: int) -> tuple[np.ndarray, dict]:
        self.left = 6
        return np.full(4, 0.01 * (seed + 1), np.float32), {}

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool, dict]:
        self.left -= 1
        return np.full(4, 0.02, np.float32), 1.0, False, self.left == 0, {}

    def close(self) -> None:
        pass


def test_control(command: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Table, document and picture of two episodes of the shipped policy."""
    module = ModuleType("gymnasium")
    module.make = lambda name, disable_env_checker: {"CartPole-v1": Upright}[name]()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gymnasium", module)
    document, picture = tmp_path / "c.json", tmp_path / "c.png"
    ran = command("control", "cartpole", "--episodes", "2", "--json", str(document), "--plot", str(picture))
    assert ran.code == 0, ran.err
    assert "CartPole-v1: control-cartpole on edge, backend sim" in ran.out and "no: 475 or more" in ran.out
    found = json.loads(document.read_text())
    assert found["format"] == "shiftfire-control" and found["mean_return"] == 6 and found["actions"] == 12
    assert [(row["seed"], row["return"], row["steps"]) for row in found["episodes"]] == [(0, 6, 6), (1, 6, 6)]
    assert 0 < found["latency_us"]["min"] <= found["latency_us"]["max"] < 10
    assert set(found["picojoules_per_action"]) == {"what happens", "gated clock and leakage"}
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("control", "pendulum"), "no task 'pendulum': there are cartpole, mountaincar, acrobot"),
        (("control", "cartpole", "--plot", "e.bmp"), "picture e.bmp: the name ends in one of .png, .svg, .pdf"),
        (("control", "cartpole", "--episodes", "0"), "episodes = 0: give a whole number, 1..1000"),
        (("control", "cartpole", "--model", "digits-mlp"), "cartpole needs one input of 4 values -127..127"),
        (("control", "cartpole", "--chip", "nano"), "accumulator"),
    ],
)
def test_mistakes(command: Callable, arguments: tuple[str, ...], says: str) -> None:
    ran = command(*arguments)
    assert ran.code == 2 and says in ran.err and len(ran.err.splitlines()) == 1


def test_without_gymnasium(command: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gymnasium", None)
    ran = command("control", "cartpole", "--episodes", "1")
    assert ran.code == 2 and ran.err.splitlines()[-1] == (
        "shiftfire: control needs gymnasium, which is not installed: pip install gymnasium, or 'shiftfire[control]'"
    )
