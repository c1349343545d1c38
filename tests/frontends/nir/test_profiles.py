"""Profiles: the shipped ones, the user's own, and which one a graph gets when nobody says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from shiftfire.frontends.float_graph.alarms import alarms
from shiftfire.frontends.float_graph.errors import FloatGraphError
from shiftfire.frontends.float_graph.profile_file import (
    MAX_BYTES,
    find_profile,
    load_profile,
    named_profile,
    parse_profile,
    profile_names,
    with_times,
)
from shiftfire.frontends.nir.build import build_graph
from shiftfire.frontends.nir.choose import choose_profile
from shiftfire.frontends.nir.read import read_graph
from support.nir_graphs import chain, end, lif

VECTORS = Path(__file__).with_name("vectors")
NEEDED = {"norse", "snntorch", "snntorch-native", "spinnaker2", "nengo", "lava", "sinabs", "rockpool", "spyx", "spikingjelly"}


def test_every_shipped_profile_is_complete_and_says_where_it_comes_from() -> None:
    assert set(profile_names()) >= NEEDED
    for name in profile_names():
        profile = named_profile(name)
        assert profile.name == name and profile.source and profile.description and find_profile(name) == profile


def test_a_profile_of_ones_own_may_start_from_a_shipped_one(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('base = "norse"\nname = "mine"\ndt = 0.002\nfloor = -1\n', encoding="utf-8")
    mine = find_profile(str(path))
    assert (mine.name, mine.dt, mine.floor, mine.time_unit) == ("mine", 0.002, -1.0, 1000.0)
    assert with_times(mine, 0.5, None).dt == 0.5 and with_times(mine, None, 1.0).time_unit == 1.0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("dt = ", "no TOML"),
        ("name = 'x'", "no description"),
        ("base = 'norse'\nspeed = 1", "unknown key 'speed'"),
        ("base = 'unheard of'", "'unheard of' is not known"),
        ("base = 3", "base is 3"),
        ("base = 'norse'\ndt = 0", "dt is '0'; a positive"),
        ("base = 'norse'\ndt = nan", "dt is 'nan'"),
        ("base = 'norse'\ndt = true", "dt is 'True'"),
        ("base = 'norse'\nreset = 'firm'", "reset is 'firm'; one of hard, soft"),
        ("base = 'norse'\nfloor = 'low'", "floor is 'low'"),
        ("base = 'norse'\nmax_spikes = -1", "max_spikes is '-1'"),
        ("base = 'norse'\nrecurrent_delay = 0", "both 0"),
        ("base = 'norse'\nrecurrent_delay = 99999999", "whole number"),
        ("base = 'norse'\n[reset]\na = 1", "reset is"),
        ("a=" + "[" * 5000, "no TOML"),
    ],
)
def test_broken_profiles_get_one_line(text: str, told: str) -> None:
    with pytest.raises(FloatGraphError) as caught:
        parse_profile(text, "mine.toml")
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_files_that_are_no_profiles(tmp_path: Path) -> None:
    (tmp_path / "large.toml").write_bytes(b"#" * (MAX_BYTES + 1))
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    for name, told in (("large.toml", "larger than"), ("bytes.toml", "UTF-8"), ("none.toml", "No such file")):
        with pytest.raises(FloatGraphError, match=told):
            load_profile(tmp_path / name)
    with pytest.raises(FloatGraphError, match="'brian' is not known; there are lava"):
        find_profile("brian")


@pytest.mark.parametrize("name", sorted(path.stem for path in VECTORS.glob("*.json")))
def test_the_profile_of_what_each_framework_exports_is_found(name: str) -> None:
    told = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    profile, lines = choose_profile(read_graph(VECTORS / f"{name}.nir"))
    same_file = {
        "snntorch-native": {"snntorch-native-zero"},
        "norse": {"sinabs-native"},
        "rockpool-native-single": {"rockpool-native"},
    }
    assert told["profile"] in {profile.name} | same_file.get(profile.name, set())
    assert told["profile"] == profile.name or any(told["profile"] in line for line in lines)
    assert lines[0].startswith(f"assumed profile {profile.name} because") and "--profile" in lines[0]


def test_times_in_seconds_get_euler_steps() -> None:
    profile, lines = choose_profile(build_graph(chain(input=end("Input", 3), n=lif(3, tau=np.full(3, 0.02)), o=end("Output", 3))))
    assert profile.name == "snntorch" and "seconds" in lines[0]


def test_alarms_name_the_node_and_a_remedy() -> None:
    def told(node: dict[str, object], profile: str) -> list[str]:
        return alarms(build_graph(chain(input=end("Input", 2), n=node, o=end("Output", 2))), named_profile(profile))

    integrator = {"type": "IF", "r": np.ones(2), "v_threshold": np.ones(2)}
    assert any("less than 1 % of the threshold" in line and "'n' (IF)" in line for line in told(integrator, "spikingjelly"))
    assert any("Leaky(beta=0.9)" in line for line in told(integrator, "snntorch"))
    assert any("more than 100 thresholds" in line for line in told({**integrator, "r": np.full(2, 1e4)}, "norse"))
    assert any("--time-unit 1" in line for line in told(lif(2, tau=np.full(2, 0.01)), "norse"))
    assert any("without input" in line for line in told(lif(2, v_threshold=np.zeros(2)), "snntorch"))
    assert any("v_leak" in line for line in told(lif(2, v_leak=np.full(2, 2.0)), "snntorch"))
    assert not told(lif(2), "snntorch")
