"""Renderings: pure, fresh, and sensitive to every number."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from shiftfire_spec import address, chip, counters, packet, weights
from shiftfire_spec.bitfield import Field, Layout
from shiftfire_spec.fingerprint import contract_fingerprint
from shiftfire_spec.render.markdown import render_reference

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "contract.md"


def test_the_committed_reference_is_fresh() -> None:
    assert REFERENCE.read_text(encoding="utf-8") == render_reference(), "run `make docs`"


def test_the_command_prints_what_the_function_gives() -> None:
    for name, text in (("markdown", render_reference()), ("fingerprint", f"{contract_fingerprint():#010x}\n")):
        ran = subprocess.run([sys.executable, "-m", "shiftfire_spec", name], capture_output=True, text=True, check=True)
        assert ran.stdout == text
    ran = subprocess.run([sys.executable, "-m", "shiftfire_spec", "pdf"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")


def test_the_fingerprint_changes_with_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {contract_fingerprint()}
    narrower = Layout("flit", *(Field(f.name, f.bits - (f.name == "axon"), f.doc) for f in packet.FLIT), doc=packet.FLIT.doc)
    with monkeypatch.context() as patch:
        patch.setattr(packet, "FLIT", narrower)
        seen.add(contract_fingerprint())
    with monkeypatch.context() as patch:
        patch.setattr(weights, "SLICES", 16)
        seen.add(contract_fingerprint())
    with monkeypatch.context() as patch:
        patch.setattr(address, "GROUP_REGISTER_STRIDE", 32)
        seen.add(contract_fingerprint())
    with monkeypatch.context() as patch:
        patch.setitem(chip.CHIP_LIMITS, "lanes", (2, 128, "accumulate lanes of a core; a power of two"))
        seen.add(contract_fingerprint())
    with monkeypatch.context() as patch:
        patch.setitem(counters.COUNTER_DOC, counters.Counter.BEATS, ("beats", "other"))
        seen.add(contract_fingerprint())
    assert len(seen) == 6
    assert contract_fingerprint() in seen


def test_the_reference_names_every_counter_register_and_parameter() -> None:
    text = render_reference()
    names = [c.name for c in counters.Counter] + [r.name for r in address.IO_REGISTERS] + list(chip.CHIP_LIMITS)
    assert all(name in text for name in names)
