"""``--waves``: mistakes, fallback, save files."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from shiftfire.backends.waves import surfer_commands
from shiftfire.cli.waves import wave_request
from shiftfire.report.files import atomic_path
from shiftfire_hw.signals import Radix, Signal, SignalGroup
from shiftfire_hw.testing import waves as tools


@pytest.fixture
def no_fst(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "_LIBRARIES", (replace(tools._LIBRARIES[0], header="lz4.h_is_not_here"),))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--waves", "x.vcd"], "--waves x.vcd: only the RTL has waves, not sim: add --backend rtl"),
        (["run", "--backend", "golden", "--waves", "x.fst"], "only the RTL has waves, not golden"),
        (["run", "--backend", "rtl", "--waves", "x.lxt"], "--waves x.lxt: the name must end in .fst or .vcd"),
        (["verify", "--waves", "-"], "--waves -: the name must end in .fst or .vcd"),
        (["verify", "--waves-from", "3"], "name it with --waves FILE"),
        (["run", "--backend", "rtl", "--waves-cycles", "3"], "name it with --waves FILE"),
        (["verify", "--waves", "no/x.vcd"], "no such folder"),
        (["verify", "--waves", "x.vcd", "--json", "x.gtkw"], "x.gtkw is named twice"),
    ],
)
def test_mistakes(
    command: Callable, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    ran = command(arguments[0], model, *arguments[1:])
    assert ran.code == 2 and message in ran.err and len(ran.err.splitlines()) == 1
    assert not list((tmp_path / "here").iterdir())


def test_vcd_takes_the_place_of_fst(no_fst: None, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    waves = wave_request(str(tmp_path / "x.fst"), None, None)
    assert waves is not None and waves.path == tmp_path / "x.vcd" and waves.format == "vcd"
    assert "no FST here" in (said := capsys.readouterr().err) and "apt-get install liblz4-dev" in said


def test_vcd_asked_for_needs_nothing(no_fst: None, capsys: pytest.CaptureFixture[str]) -> None:
    waves = wave_request("x.vcd", 5, 6)
    assert waves is not None and (waves.first_cycle, waves.cycles) == (5, 6)
    assert capsys.readouterr().err == ""


def test_without_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "_COMPILER", "no-such-compiler")
    assert tools.missing_for_fst() == ("no-such-compiler was not found", "apt-get install g++")


def test_what_is_missing_for_fst(monkeypatch: pytest.MonkeyPatch) -> None:
    """The header there and the library not, and more than one library."""
    lz4 = tools._LIBRARIES[0]
    there = replace(lz4, header="cstdio", call="1", library="c")
    assert tools._LIBRARIES[1].package == "zlib1g-dev"
    monkeypatch.setattr(tools, "_LIBRARIES", (there,))
    assert tools.missing_for_fst() is None
    monkeypatch.setattr(tools, "_LIBRARIES", (replace(there, library="not-here"), replace(lz4, header="none.h", package="other")))
    problem, remedy = tools.missing_for_fst() or ("", "")
    assert problem == "cstdio is there, but -lnot-here does not link and the header none.h was not found"
    assert remedy == "apt-get install liblz4-dev other"
    monkeypatch.setattr(tools, "_LIBRARIES", (replace(there, call="0"),))
    assert tools.missing_for_fst() == ("a program linked with -lc does not run", "apt-get install liblz4-dev")


def test_doctor_says_which_waves(command: Callable, no_fst: None) -> None:
    assert "VCD only: the header lz4.h_is_not_here was not found; for FST: apt-get install liblz4-dev" in command("doctor").out


def test_surfer_commands() -> None:
    groups = (
        SignalGroup(None, "run", (Signal("a.b", 1, Radix.BINARY),)),
        SignalGroup(3, "fire", (Signal("a.c", 2, Radix.HEXADECIMAL),)),
    )
    assert surfer_commands(groups).splitlines() == [
        "divider_add I/O tile: run",
        "variable_add TOP.a.b",
        "divider_add tile 3: fire",
        "variable_add TOP.a.c",
        "zoom_fit",
    ]


def test_a_file_that_another_program_writes(tmp_path: Path) -> None:
    target = tmp_path / "x.vcd"
    with atomic_path(target) as path:
        path.write_text("new")
        assert not target.exists()
    assert target.read_text() == "new"
    with pytest.raises(RuntimeError), atomic_path(target) as path:
        path.write_text("half")
        raise RuntimeError
    assert target.read_text() == "new" and [p.name for p in tmp_path.iterdir()] == ["x.vcd"]
