"""Record and page: of this tree, complete, rendered from figures; and one claim measured from end to end."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from shiftfire.claims import __main__ as command
from shiftfire.claims.bench import Bench
from shiftfire.claims.claim import Claim
from shiftfire.claims.document import KIND, figures_of, runnable
from shiftfire.claims.measure import measure_claims
from shiftfire.claims.registry import CLAIMS
from shiftfire.claims.render import render_claims
from shiftfire.claims.verdict import Expected, Figure
from shiftfire.energy.corners import Band
from shiftfire.records.digest import digest
from shiftfire.records.error import RecordError
from shiftfire.report.document import package_version

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
RECORD = REFERENCE / "claims.json"


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return KIND.read(RECORD)


def made_up(number: float, name: str = "made-up", **changes: Any) -> Claim:
    def measure(bench: Bench) -> tuple[Figure, ...]:
        return (Figure("ratio", "x", Band(number, number, number), "all"), Figure("beside", "x", None))

    settings = {"chip": "nano", "models": ["digits-mlp"], "samples": 1}
    claim = Claim(name, "A paper", "arXiv 0", "2 x", "It is 2.", "Nothing.", "Made up.", Expected(2, 2), settings, measure)
    return replace(claim, **changes)


def test_the_committed_page_is_fresh(record: dict[str, Any]) -> None:
    assert (REFERENCE / "claims.md").read_text(encoding="utf-8") == render_claims(record, CLAIMS), "run `make docs`"


def test_the_committed_figures_are_fresh(record: dict[str, Any]) -> None:
    """Of these settings, chips, models, constants and contract, and of this version."""
    assert not KIND.stale(record, runnable(CLAIMS)), "run `make claims`"
    assert record["package_version"] == package_version(), "run `make claims`"
    assert set(record["claims"]) == {claim.name for claim in CLAIMS if claim.measure is not None}


def test_names_are_used_once() -> None:
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS)


def test_what_can_be_measured_says_with_which_settings(record: dict[str, Any]) -> None:
    """And a figure decides just where the paper has a number for it."""
    for claim in CLAIMS:
        assert (claim.measure is not None) == bool(claim.settings), claim.name
        assert any(f.case is not None for f in figures_of(record, claim)) == (claim.expected is not None), claim.name
        assert claim.statement and claim.why and claim.source and claim.published


@pytest.mark.parametrize(
    ("number", "worded"), [(2, "| reproduced |"), (3, "| within a factor of 1.5 |"), (5, "| not reproduced |")]
)
def test_the_page_tells_the_verdict_of_the_figures(tmp_path: Path, number: float, worded: str) -> None:
    claims = (made_up(number), Claim("dark", "B", "arXiv 1", "9 x", "It is 9.", "Nothing.", "No light."))
    measure_claims(tmp_path / "record.json", [], claims)
    page = render_claims(KIND.read(tmp_path / "record.json"), claims)
    row = next(line for line in page.splitlines() if line.startswith("| [made-up]"))
    assert row.endswith(worded) and f"| {number} x |" in row
    assert "| [dark](#dark) | 9 x | - | cannot be said here |" in page
    assert "| beside | none | none | x | - | - |" in page


def test_age(tmp_path: Path) -> None:
    """Another setting, model or chip makes a record stale; another sentence does not."""
    claim, file = made_up(2), tmp_path / "record.json"
    measure_claims(file, [], (claim,))
    kept = KIND.read(file)
    assert not KIND.stale(kept, (claim, replace(claim, why="Because.")))
    for name, value in (("samples", 2), ("models", ["digits-cnn"]), ("chip", "edge")):
        assert KIND.stale(kept, (replace(claim, settings={**claim.settings, name: value}),)) == ["made-up"], name
    assert KIND.stale(kept, (made_up(2, name="another"),)) == ["another"]
    older = copy.deepcopy(kept)
    older["claims"]["made-up"]["digest"] = "0" * 16
    assert KIND.stale(older, (claim,)) == ["made-up"]


def test_one_claim_again_keeps_the_others(tmp_path: Path) -> None:
    file, first, second = tmp_path / "record.json", made_up(2, "first"), made_up(3, "second")
    measure_claims(file, [], (first, second))
    measure_claims(file, ["first"], (made_up(7, "first"), second))
    kept = KIND.read(file)
    assert list(kept["claims"]) == ["first", "second"]
    assert [figures_of(kept, claim)[0].band for claim in (first, second)] == [Band(7, 7, 7), Band(3, 3, 3)]


def test_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    (tmp_path / "other.json").write_text(json.dumps({"format": "else"}))
    for arguments, words in (
        ([], "say what to do"),
        (["measure"], "say what to do"),
        (["render", str(broken)], "not readable as JSON"),
        (["render", str(tmp_path / "other.json")], "no record of claims"),
        (["render", str(tmp_path / "none.json")], "was never measured"),
        (
            ["measure", str(tmp_path / "none.json"), "perpetual-motion"],
            "no claim 'perpetual-motion' to measure: there are breakeven-5,",
        ),
    ):
        assert command.main(arguments) == 2
        told = capsys.readouterr().err
        assert told.startswith("shiftfire.claims: ") and words in told and told.count("\n") == 1


def test_a_claim_that_runs_what_is_not_installed(tmp_path: Path) -> None:
    """Before anything is measured; its record is read without."""
    file = tmp_path / "record.json"
    claims = (made_up(2, "first"), made_up(2, "second", needs="no_such_simulator"))
    words = r"^claim second runs no_such_simulator, which is not installed: pip install 'shiftfire\[claims\]', or name"
    with pytest.raises(RecordError, match=words):
        measure_claims(file, [], claims)
    assert not file.exists()
    measure_claims(file, ["first"], claims)
    record = KIND.read(file)
    record["claims"]["second"] = record["claims"]["first"] | {"digest": digest(claims[1])}
    assert not KIND.stale(record, claims) and "[second](#second)" in render_claims(record, claims)


def test_a_claim_that_was_never_measured() -> None:
    with pytest.raises(RecordError, match="never measured"):
        figures_of({"claims": {}}, made_up(1))


def test_digests_differ() -> None:
    settings: tuple[dict[str, Any], ...] = ({}, {"chip": "edge"}, {"further_chips": ["edge"]}, {"further_chips": ["nano"]})
    assert len({digest(claim) for claim in (made_up(1), *(made_up(1, settings=each) for each in settings))}) == 5


CHEAP = ("spikyspace",)


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize(
    "claim", [pytest.param(c, marks=[pytest.mark.slow] * (c.name not in CHEAP), id=c.name) for c in runnable(CLAIMS)]
)
def test_measured_again_the_figures_are_the_same(record: dict[str, Any], bench: Bench, claim: Claim) -> None:
    """What no digest sees: that simulator and compiler are those that were measured with."""
    assert claim.measure is not None
    if claim.needs is not None:
        pytest.importorskip(claim.needs)
    known = figures_of(record, claim)
    again = claim.measure(bench)
    assert [(f.name, f.unit, f.case) for f in again] == [(f.name, f.unit, f.case) for f in known]
    for new, old in zip(again, known, strict=True):
        assert (new.band is None) == (old.band is None), new.name
        if new.band is not None and old.band is not None:
            assert new.band.as_dict() == pytest.approx(old.band.as_dict(), rel=1e-5), f"{new.name}: run `make claims`"
