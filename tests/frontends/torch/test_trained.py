"""Classifiers with attention that SpikingJelly trained (`make frameworks`): torch, graph, integers of 8 and 16 bits, simulator, RTL. The table goes to build/frameworks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("spikingjelly")

import shiftfire as sf
from shiftfire.frontends.float_graph.interpret import interpret
from shiftfire.frontends.torch.read import read_module

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]  # warnings of the frameworks
TABLES = Path(__file__).resolve().parents[3] / "build" / "frameworks"
DECISIONS = {8: 0.95, 16: 0.98}


@pytest.mark.parametrize("block", ("spikformer", "meta"))
def test_trained_attention(block: str) -> None:
    import torch
    from support.torch_modules.classifiers import trained

    made = trained(block)
    assert np.mean(made.decisions == made.labels) > 0.8
    example = torch.zeros(made.spikes.shape[1], 1, *made.spikes.shape[2:])
    read = read_module(made.module, example)
    floats = interpret(read.graph, read.profile, made.spikes, record={"output"}).outputs["output"].sum(axis=1).argmax(axis=1)
    lines = ["| block | bits | agreement of layers | of decisions with torch | accuracy |", "| --- | ---: | ---: | ---: | ---: |"]
    assert np.mean(floats == made.decisions) > 0.99
    for bits, least in DECISIONS.items():
        net = sf.from_torch(made.module, example, weights=bits, calibrate=made.spikes, labels=made.labels, name=f"{block}-{bits}")
        assert net.fidelity is not None
        result = sf.run(net, net.integers(made.spikes), chip="edge", backend="golden")
        alike = float(np.mean(result.predictions == made.decisions))
        agreements = [layer.agreement for layer in net.fidelity.layers if layer.agreement is not None]
        own = [layer.own_agreement for layer in net.fidelity.layers if layer.own_agreement is not None]
        accuracy = float(np.mean(result.predictions == made.labels))
        lines.append(
            f"| {block} | {bits} | {np.mean(agreements):.2%}, least {min(agreements):.2%} | {alike:.2%} | {accuracy:.2%} |"
        )
        TABLES.mkdir(parents=True, exist_ok=True)
        (TABLES / f"torch-{block}.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
        assert alike >= least and min(own) > 0.99, lines
        if bits == 8:
            verification = sf.verify(net, net.integers(made.spikes[:2]), chip="edge")
            assert verification.passed, str(verification)
