"""Record and page of the shipped models: complete, of this tree, rendered from figures; and a model measured again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from shiftfire.api.compiled import compile
from shiftfire.api.networks import load
from shiftfire.closed_loop.tasks import TASKS
from shiftfire.energy.corners import Band
from shiftfire.network.bundled import model_names
from shiftfire.records.error import RecordError
from shiftfire.report.document import package_version
from shiftfire.zoo import __main__ as command
from shiftfire.zoo.entry import EDGE, Entry, OnChip
from shiftfire.zoo.figures import KIND, ChipFigures, Differences, ModelFigures, figures_of
from shiftfire.zoo.measure import chip_figures, differences, measure_model, run_model
from shiftfire.zoo.picture import picture_name
from shiftfire.zoo.registry import ENTRIES
from shiftfire.zoo.render import MACHINES, render_zoo

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
RECORD = REFERENCE / "zoo.json"
CHEAP = ("digits-ssf",)
CLASSIFIERS = set(model_names()) - {task.model for task in TASKS.values()}  # policies have returns: docs/howto/control.md


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    return KIND.read(RECORD)


def made_up_figures(chip: str = "edge", **changes: Any) -> ChipFigures:
    band = Band(1.0, 2.0, 4.0)
    different = Differences(1, 50, 0, 700, 0, 0, 0, 7.0)
    known = ChipFigures(chip, 100.0, 1, 10, 0.5, 70.0, 7.5, 5.0, 80.0, band, dict.fromkeys(MACHINES, band), different)
    return replace(known, **changes)


def made_up(*chips: ChipFigures, **metadata: str) -> tuple[Entry, dict[str, Any]]:
    """An entry of digits-mlp, and a record with figures of it."""
    entry = replace(ENTRIES[0], model="digits-mlp")
    known = {"script": "train", "seed": "1", "data": "some", "float_accuracy": "0.75", "integer_accuracy": "0.25"} | metadata
    figures = ModelFigures(known, chips or (made_up_figures(), made_up_figures("ulx3s")))
    return entry, KIND.made({entry.name: KIND.entry(entry, figures.as_dict())})


def test_every_shipped_model_has_an_entry() -> None:
    lacking = CLASSIFIERS - {entry.model for entry in ENTRIES}
    assert not lacking, f"{lacking} are in no row: write sim/shiftfire/zoo/NAME.py and list it in sim/shiftfire/zoo/registry.py"
    assert len({entry.model for entry in ENTRIES}) == len(ENTRIES) == len(CLASSIFIERS)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_entries_are_complete(entry: Entry) -> None:
    assert entry.system and entry.paper and entry.source and entry.says and entry.absent and entry.arithmetic
    assert len({where.options for where in entry.chips}) == 2
    network = load(entry.model)
    assert set(entry.rasters) <= {source.name for source in (*network.inputs, *network.layers)}
    picture = REFERENCE / "pictures" / picture_name(entry)
    assert picture.is_file() and picture.read_bytes().startswith(b"\x89PNG"), f"run `make zoo`: no {picture.name}"


def test_the_committed_page_is_fresh(record: dict[str, Any]) -> None:
    assert (REFERENCE / "zoo.md").read_text(encoding="utf-8") == render_zoo(record, ENTRIES), "run `make docs`"


def test_the_committed_figures_are_fresh(record: dict[str, Any]) -> None:
    stale = KIND.stale(record, ENTRIES)
    assert not stale, f"run `python -m shiftfire.zoo measure docs/reference/zoo.json {' '.join(stale)}`"
    assert record["package_version"] == package_version(), "run `make zoo`"
    assert set(record["models"]) == CLASSIFIERS


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_committed_figures_agree_with_the_training_script(record: dict[str, Any], entry: Entry) -> None:
    """All samples were run on the first chip; the RTL differs in nothing, on both."""
    figures = figures_of(record, entry)
    first = figures.chips[0]
    assert figures.metadata == dict(load(entry.model).metadata)
    assert str(first.samples) == figures.metadata["test_samples"]
    if first.accuracy is not None:
        assert f"{first.accuracy:.4f}" == figures.metadata["integer_accuracy"]
    assert [each.chip for each in figures.chips] == [where.chip.name for where in entry.chips]
    for each in figures.chips:
        assert each.differences.zeros == (0, 0, 0) and each.differences.prediction_mismatches == 0
        assert each.differences.samples >= 1 and each.differences.events > 0 and each.differences.cycles > 0


def test_a_row_shows_what_the_record_holds() -> None:
    different = Differences(1, 50, 3, 700, 2, 1, 0, 7.0)
    ratios = dict(zip(MACHINES, (Band(3.0, 2.0, 5.0), Band(0.25, 0.5, 0.75)), strict=True))
    entry, record = made_up(made_up_figures(rounds=2, ratios=ratios, differences=different), made_up_figures("ulx3s"))
    page = render_zoo(record, (entry,))
    lines = page.splitlines()
    first = next(line for line in lines if line.startswith("| [digits-mlp](#digits-mlp) |"))
    assert "| 75.00% | 50.00% | 10 |" in first  # the float twin's of the metadata, the integer model's of the run
    assert "| digits-mlp | `edge` | 2 | 70 | 7.50 | 5 | 80 | 2 (1 .. 4) | 2 (2 .. 5) | 0.500 (0.250 .. 0.750) | 3, 2, 1 |" in lines
    assert "    shiftfire run digits-mlp --chip edge" in lines
    told = next(line for line in lines if line.startswith("* **On `edge`** in 2 rounds"))
    assert "more than that of the output-stationary machine, less than that of the weight-stationary machine" in told
    assert "3 events, 2 cycles, 1 counters, 0 predictions differ" in told


def test_quality_of_another_name_is_the_training_scripts() -> None:
    """Of a policy, say, whose samples have no labels."""
    entry, record = made_up(made_up_figures(accuracy=None), made_up_figures("ulx3s"), float_steps="499.5", integer_steps="498")
    policy = replace(entry, quality="steps")
    assert "| steps 499.5 | steps 498 |" in render_zoo(record, (policy,))
    with pytest.raises(RecordError, match=r"^model digits-mlp: its metadata have no number float_return"):
        render_zoo(record, (replace(entry, quality="return"),))


def test_age() -> None:
    """Another chip, another change of it, or other samples make an entry stale; another sentence does not."""
    entry, record = made_up()
    assert not KIND.stale(record, (entry, replace(entry, absent="Nothing.")))
    others = (OnChip("nano", 20), OnChip("ulx3s", 20, ("core.lanes=16",)), OnChip("ulx3s", 10), OnChip("ulx3s", 20, verified=2))
    for other in others:
        assert KIND.stale(record, (replace(entry, chips=(EDGE, other)),)) == ["digits-mlp"], other


def test_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    none = str(tmp_path / "none.json")
    for arguments, words in (
        ([], "say what to do: python -m shiftfire.zoo measure FILE [NAME ...]"),
        (["render", none, "digits-mlp"], "say what to do"),
        (["render", none], "model digits-mlp was never measured: run `make zoo`"),
        (["measure", none, "unicorn"], "no model 'unicorn' to measure: there are digits-mlp,"),
        (["draw", str(tmp_path), "unicorn"], "no model 'unicorn'"),
    ):
        assert command.main(arguments) == 2
        told = capsys.readouterr().err
        assert told.startswith("shiftfire.zoo: ") and words in told and told.count("\n") == 1


def test_a_picture_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert command.main(["draw", str(tmp_path), "digits-ssf"]) == 0
    assert (tmp_path / "digits-ssf.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("entry", [pytest.param(e, marks=[pytest.mark.slow] * (e.name not in CHEAP), id=e.name) for e in ENTRIES])
def test_measured_again_in_the_simulator_the_figures_are_the_same(record: dict[str, Any], entry: Entry) -> None:
    """What no digest sees: that simulator and compiler are those that were measured with."""
    for where, known in zip(entry.chips, figures_of(record, entry).chips, strict=True):
        compiled = compile(load(entry.model), where.chip)
        again = chip_figures(run_model(compiled, entry, where), known.differences)
        for name in ("chip", "rounds", "samples", "accuracy", "cycles", "latency_us", "events", "additions"):
            assert getattr(again, name) == pytest.approx(getattr(known, name)), f"{name} on {known.chip}: run `make zoo`"
        assert again.energy.as_dict() == pytest.approx(known.energy.as_dict(), rel=1e-5), known.chip
        assert set(again.ratios) == set(known.ratios)
        for machine, ratio in again.ratios.items():
            assert ratio.as_dict() == pytest.approx(known.ratios[machine].as_dict(), rel=1e-5), (known.chip, machine)


@pytest.mark.slow
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_rtl_agrees_again(record: dict[str, Any], entry: Entry) -> None:
    for where, known in zip(entry.chips, figures_of(record, entry).chips, strict=True):
        assert differences(compile(load(entry.model), where.chip), entry, where) == known.differences, where.options


def test_a_model_whose_metadata_do_not_say_how_good_it_is() -> None:
    """Told before anything runs."""
    with pytest.raises(RecordError, match="has to write it"):
        measure_model(replace(next(e for e in ENTRIES if e.name == "digits-ssf"), quality="beauty"))
