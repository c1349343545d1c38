"""Networks that their frameworks trained (`make frameworks`): framework, interpreter, integers of 8 and 16 bits, RTL. Tables go to build/frameworks."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.slow]  # warnings of the frameworks
TABLES = Path(__file__).resolve().parents[3] / "build" / "frameworks"
FRAMEWORKS = [
    pytest.param(name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"needs {name}: make frameworks"))
    for name in ("snntorch", "norse", "spikingjelly", "sinabs")
]
AGREEMENT, DECISIONS = {8: 0.99, 16: 0.992}, {8: 0.985, 16: 0.995}  # of 297 decisions, four and one
LESS_AGREEMENT = {  # of 8-bit weights: their rounding, magnified by the network
    "snntorch-recurrent": 0.95,  # a spike that moves is fed back
    "sinabs-mlp": 0.975,  # several spikes a step: as many thresholds to be near; nothing leaks, so errors add up
    "sinabs-conv": 0.975,
    "snntorch-conv": 0.985,  # 99.1 % of one training, 98.9 % of another: torch's threads add up in any order
}


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_trained_networks(framework: str) -> None:
    """Spikes part first where float32 cannot tell a membrane from its threshold; integers agree; verification gives three zeros."""
    from support.trained_networks import as_integers, compared_with_interpreter, write_tables

    compared, integers = {}, {}
    for case in importlib.import_module(f"support.nir_networks.{framework}_cases").trained_on_digits():
        compared[case.name] = compared_with_interpreter(case)
        if not case.name.endswith("-ties"):
            integers |= {(case.name, bits): as_integers(case, bits) for bits in AGREEMENT}
        write_tables(TABLES / f"{framework}.md", compared, integers)
    for name, comparison in compared.items():
        for first in comparison.first:
            assert first.distance <= first.bound, (name, first)
        assert comparison.first or not comparison.differing, name
    assert any(comparison.first for name, comparison in compared.items() if name.endswith("-ties"))  # so the bound was tried
    for (name, bits), measured in integers.items():
        least = LESS_AGREEMENT.get(name, AGREEMENT[8]) if bits == 8 else AGREEMENT[bits]
        assert measured.agreement >= least and measured.decisions >= DECISIONS[bits], (name, measured)
        assert min(measured.own) >= 0.98, (name, measured)
        assert abs(measured.accuracy_float - measured.accuracy_integer) <= 0.015, (name, measured)
