"""``shiftfire export --fusesoc``."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from shiftfire_hw.testing.toolchain import verilator_prefix
from shiftfire_spec.address import IO_REGISTERS
from shiftfire_spec.chip import load_chip
from shiftfire_spec.fingerprint import contract_fingerprint

CORE = "shiftfire:chips:shiftfire_nano"


@pytest.fixture
def core(command: Callable, tmp_path: Path) -> Path:
    folder = tmp_path / "core"
    ran = command("export", "--fusesoc", folder, "--chip", "nano", "--top", "wishbone")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    return folder


def test_core_file_verilog_and_side_file(core: Path) -> None:
    assert sorted(os.listdir(core)) == ["shiftfire_nano.core", "shiftfire_nano.json", "shiftfire_nano.v"]
    text = (core / "shiftfire_nano.core").read_text()
    assert text.startswith("CAPI=2:\n") and f"name: {CORE}:" in text
    assert re.findall(r"^  (\w+):", text.partition("targets:")[2], re.MULTILINE) == ["default", "lint", "synth_ecp5", "synth_ice40"]
    verilog = (core / "shiftfire_nano.v").read_text()
    document = json.loads((core / "shiftfire_nano.json").read_text())
    assert document["chip"] == load_chip("nano").as_dict()
    assert document["contract_fingerprint"] == f"{contract_fingerprint():#010x}"
    assert (document["top"], document["top_module"]) == ("wishbone", "shiftfire_chip")
    header = verilog.partition("module shiftfire_chip(")[2].partition(");")[0]
    assert sorted(port["name"] for port in document["ports"]) == sorted(name.strip() for name in header.split(","))
    assert {"name": "memory_base", "direction": "input", "width": 30} in document["ports"]
    assert [r["name"] for r in document["registers"]] == [r.name for r in IO_REGISTERS]
    paths = [signal["path"] for group in document["signals"] for signal in group["signals"]]
    assert "shiftfire_chip.chip.mesh.tile0.trace_activity" in paths
    assert "shiftfire_chip.chip.io_tile.run" in paths


def test_the_same_command_again_replaces_what_it_wrote(command: Callable, core: Path) -> None:
    before = {path.name: path.read_text() for path in core.iterdir()}
    assert command("export", "--fusesoc", core, "--chip", "nano", "--top", "wishbone").code == 0
    assert {path.name: path.read_text() for path in core.iterdir()} == before
    assert command("export", "--fusesoc", core, "--chip", "nano").code == 0
    assert json.loads((core / "shiftfire_nano.json").read_text())["top"] == "chip"
    assert os.listdir(core.parent) == ["core"]


def test_what_others_wrote_stays(command: Callable, core: Path, tmp_path: Path) -> None:
    (core / "mine.txt").write_text("mine")
    before = (core / "shiftfire_nano.json").read_text()
    ran = command("export", "--fusesoc", core, "--chip", "nano")
    assert ran.code == 2 and "with other files in it" in ran.err
    assert (core / "shiftfire_nano.json").read_text() == before and (core / "mine.txt").exists()
    (tmp_path / "file").write_text("mine")
    ran = command("export", "--fusesoc", tmp_path / "file", "--chip", "nano")
    assert ran.code == 2 and "is a file: name a folder" in ran.err


def test_an_empty_folder_is_filled(command: Callable, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert command("export", "--fusesoc", tmp_path / "empty", "--chip", "nano").code == 0
    assert len(os.listdir(tmp_path / "empty")) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to export: give MODEL and --firmware-image FILE, or --fusesoc FOLDER"),
        (["digits-mlp"], "nothing to export"),
        (["--firmware-image", "x"], "--firmware-image x needs a network: name a MODEL"),
        (["digits-mlp", "--fusesoc", "x"], "MODEL digits-mlp is for a program image"),
        (["--fusesoc", "x", "--samples", "3"], "--samples 3 is for a program image"),
        (["digits-mlp", "--firmware-image", "x", "--top", "wishbone"], "--top wishbone is for a FuseSoC core"),
        (["--fusesoc", "x", "--top", "ahb"], "no top 'ahb'; there are chip, wishbone"),
        (["--fusesoc", "x", "--chip", "none"], "no chip 'none'"),
        (["--fusesoc", "no/x"], "no such folder"),
    ],
)
def test_mistakes(command: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str) -> None:
    monkeypatch.chdir(tmp_path)
    ran = command("export", *arguments)
    assert ran.code == 2 and message in ran.err and len(ran.err.splitlines()) == 1
    assert not os.listdir(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("top", ["chip", "axi4-lite"])
def test_fusesoc_lints_the_core(command: Callable, tmp_path: Path, top: str) -> None:
    """The real FuseSoC finds the core, and Verilator nothing in it."""
    fusesoc = Path(sys.executable).parent / "fusesoc"
    if not fusesoc.exists():
        pytest.skip("needs fusesoc: pip install 'shiftfire[fusesoc]'")
    assert shutil.which("make")
    assert command("export", "--fusesoc", tmp_path / "core", "--chip", "nano", "--top", top).code == 0

    def run(*arguments: str) -> str:
        path = os.pathsep.join([str(verilator_prefix() / "bin"), os.environ["PATH"]])
        environment = os.environ | {"PATH": path, "XDG_CONFIG_HOME": str(tmp_path), "VERILATOR_ROOT": str(verilator_prefix())}
        program = [fusesoc, "--cores-root", tmp_path / "core", *arguments]
        done = subprocess.run(program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "synth_ice40" in run("core-info", CORE)
    run("run", "--target=lint", CORE)
    for family in ("ecp5", "ice40"):
        run("run", "--setup", f"--target=synth_{family}", CORE)
        script = next(tmp_path.glob(f"build/*/synth_{family}/edalize_yosys_procs.tcl")).read_text()
        assert f"synth_{family}" in script and "shiftfire_chip" in script
