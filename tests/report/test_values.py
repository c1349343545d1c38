"""The read-out of a number: in results, documents, tables, data frames and files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import shiftfire as sf
from support.odd_chip import odd_chip

SCHEMA = Path(__file__).resolve().parents[2] / "docs" / "reference" / "run.schema.json"
WEIGHTS = np.array([[3, -2, 1, 5]])
INPUTS = np.random.default_rng(0).integers(0, 9, (6, 3, 4))
STEP = 0.125


def network() -> sf.Network:
    net = sf.Network("n", input=(4, 1, 1), timesteps=3, values=(0, 9))
    net.dense("out", WEIGHTS, neuron="requant", shift=0, lo=-127, hi=127, timesteps=3)
    return net.readout("value", step=STEP)


@pytest.mark.parametrize("backend", ["golden", "sim", "rtl"])
def test_the_number_is_the_sum(backend: str) -> None:
    result = sf.run(network(), INPUTS, backend=backend, chip=odd_chip())
    expected = [sum(int(w) * int(v) for step in sample for w, v in zip(WEIGHTS[0], step, strict=True)) * STEP for sample in INPUTS]
    assert result.values is not None and result.values.tolist() == expected
    assert result.predictions is None and result.accuracy is None
    document = json.loads(json.dumps(result.as_dict()))
    jsonschema.validate(document, json.loads(SCHEMA.read_text(encoding="utf-8")), jsonschema.Draft202012Validator)
    assert document["values"] == expected and document["predictions"] is None
    assert f"values {expected[0]:.4g} {expected[1]:.4g}" in " ".join(str(result).split())
    frame = result.to_dataframe("sample")
    assert frame["value"].tolist() == expected and "prediction" not in frame


def test_classes_have_no_value() -> None:
    inputs, labels = sf.samples("digits-mlp", 2)
    result = sf.run(sf.load("digits-mlp"), inputs, labels=labels, backend="golden")
    assert result.values is None and result.as_dict()["values"] is None and result.predictions is not None


def test_through_files(tmp_path: Path) -> None:
    network().save(tmp_path)
    read = sf.load(tmp_path)
    assert read.value_step == STEP and read.readout == "value"
    assert np.array_equal(sf.run(read, INPUTS, backend="golden").values, sf.run(network(), INPUTS, backend="golden").values)  # type: ignore[arg-type]
    document = json.loads((tmp_path / "network.json").read_text())
    for change, message in (
        ({"value_step": True}, "value_step is True; it must be a number"),
        ({"value_step": "1"}, "value_step is the text '1'; it must be a number"),
        ({"value_step": 0}, r"value_step = 0\.0 is not a positive number"),
        ({"value_step": -1.5}, r"value_step = -1\.5 is not a positive number"),
        ({"readout": "sum"}, "unknown key 'value_step'"),
    ):
        (tmp_path / "network.json").write_text(json.dumps(document | change))
        with pytest.raises(sf.UserError, match=message):
            sf.load(tmp_path)
    del document["value_step"]
    (tmp_path / "network.json").write_text(json.dumps(document))
    with pytest.raises(sf.UserError, match="key 'value_step' is missing"):
        sf.load(tmp_path)


def test_one_output_only() -> None:
    net = sf.Network("n", input=(4, 1, 1), timesteps=3, values=(0, 9)).dense("out", np.ones((2, 4), int), neuron="count", theta=1)
    with pytest.raises(sf.UserError, match="readout 'value' needs one output, not 2 channels; use 'sum' for classes"):
        net.readout("value").build()


def test_what_a_backend_sends_wrong_is_another_number() -> None:
    """The number is read from collected packets: of a run whose network gives them another worth, it is another one."""
    result = sf.run(network(), INPUTS, backend="sim")
    changed = replace(result.rounds[0], predictions=result.rounds[0].predictions + 1)  # type: ignore[operator]
    assert np.array_equal(replace(result, rounds=(changed,)).values, result.values + STEP)  # type: ignore[operator, arg-type]
