"""``import shiftfire as sf``: what is there, what it costs to import, and what it does with mistakes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shiftfire as sf
from shiftfire import api
from shiftfire.api import runs
from shiftfire.network import check
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.values import NetworkError
from shiftfire.system.result import RunResult
from shiftfire_spec.errors import ContractError, UserError

MODEL = "digits-mlp"


def test_names() -> None:
    """What the package says it has is there, and is the API's; the type checker is told of the same names."""
    assert set(sf.__all__) <= set(api.__all__) and set(sf.__all__) <= set(dir(sf))
    for name in sf.__all__:
        assert getattr(sf, name) is getattr(api, name)
    source = Path(sf.__file__).read_text(encoding="utf-8")
    assert [
        line.strip(" ,") for line in source.partition("import (\n")[2].partition(")")[0].splitlines() if line.strip()
    ] == sf.__all__
    assert (Path(sf.__file__).parent / "py.typed").exists()
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = sf.nothing  # type: ignore[attr-defined]


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_import_is_light() -> None:
    """Neither arrays nor compilers, until something is asked for; kernels not before something is simulated."""
    loaded = "print(*(n for n in ('numpy', 'numba', 'amaranth', 'rich', 'simpy') if n in sys.modules))"
    assert _python(f"import sys; import shiftfire as sf; dir(sf); {loaded}") == ""
    code = f"import sys; import shiftfire as sf; x, _ = sf.samples('{MODEL}', 1); sf.run(sf.load('{MODEL}'), x, backend='golden')"
    assert _python(f"{code}; {loaded}").split() == ["numpy", "rich"]


def test_golden_and_simulator_without_unix() -> None:
    """On machines without these modules; nor do they need the RTL."""
    code = f"""
import os, sys
for name in ("fcntl", "resource", "termios", "pty", "shiftfire_hw"):
    sys.modules[name] = None
del os.sysconf
import shiftfire as sf
network = sf.load("{MODEL}")
x, labels = sf.samples("{MODEL}", 2)
print(*(sf.run(network, x, labels=labels, backend=b, chip="ulx3s").accuracy for b in ("golden", "sim")))
"""
    assert _python(code) == "1.0 1.0"


def test_a_run_of_a_shipped_model() -> None:
    network = sf.load(MODEL)
    x, labels = sf.samples(MODEL, 3)
    assert labels is not None
    golden, sim = (sf.run(network, x, labels=labels, backend=name) for name in ("golden", "sim"))
    assert np.array_equal(golden.predictions, sim.predictions) and sim.accuracy == golden.accuracy == 1.0
    assert sim.sample_latencies is not None and sim.latency_us == pytest.approx(sim.sample_latencies.mean() / 100)
    assert sim.energy is not None and sim.nanojoules_per_inference == pytest.approx(sim.energy.per_inference.nominal / 1e3)
    assert (golden.cycles, golden.latency_us, golden.energy) == (None, None, None)
    assert "digits-mlp on edge: 3 samples, backend sim" in str(sim) and "accuracy 1" in repr(sim)


def test_compiled_shows_the_mapping() -> None:
    compiled = sf.compile(sf.load(MODEL), sf.chip("edge"), layers_at_once=1)
    assert compiled.rounds == 2 and [use.layer for use in compiled.mapping] == ["hidden", "output"]
    text = str(compiled)
    assert "digits-mlp: mapping on edge, in 2 rounds" in text and "/2,048" in text and "round" in text
    x, _ = sf.samples(MODEL, 2)
    assert sf.run(compiled, x).cycles == sf.run(sf.load(MODEL), x, chip="edge", layers_at_once=1).cycles
    with pytest.raises(sf.InputError, match="compiled already"):
        sf.run(compiled, x, chip="edge")


@pytest.mark.parametrize("backend", ["golden", "sim"])
@pytest.mark.parametrize("layers_at_once", [None, 1])
def test_a_network_is_validated_once(monkeypatch: pytest.MonkeyPatch, backend: str, layers_at_once: int | None) -> None:
    """From loading to the result, the shipped samples included; so is one that was built in Python."""
    checked: list[str] = []
    real = check._check_output
    monkeypatch.setattr(check, "_check_output", lambda network: (checked.append(network.name), real(network)))
    network = sf.load(MODEL)
    x, labels = sf.samples(MODEL, 2, network=network)
    sf.run(network, x, labels=labels, backend=backend, layers_at_once=layers_at_once)
    assert checked == [MODEL]
    checked.clear()
    built = replace(network)
    sf.run(built, x, backend=backend, layers_at_once=layers_at_once)
    assert checked == [MODEL]
    checked.clear()
    sf.compile(replace(network), "nano")  # does not fit at once
    assert checked == [MODEL]


def test_what_was_loaded_stays_valid() -> None:
    """That is why it need not be checked again."""
    neuron = sf.load(MODEL).layers[0].neuron
    assert isinstance(neuron, Lif)
    with pytest.raises(ValueError, match="read-only"):
        neuron.theta[0] = -1


def test_a_backend_of_ones_own() -> None:
    """Whatever has the protocol runs."""

    class Twice:
        name = "twice"
        abilities = api.Ability.ROUNDS

        def prepare(self, chip: object) -> None: ...

        def run(self, plans: object, *, trace: bool = False, progress: object = None) -> tuple[RunResult, ...]:
            return tuple(RunResult(self.name, p.samples, p.predictions, 7, 1, None, None, None) for p in plans)  # type: ignore[attr-defined]

    x, labels = sf.samples(MODEL, 2)
    result = sf.run(sf.load(MODEL), x, labels=labels, backend=Twice(), layers_at_once=1)
    assert (result.backend, result.cycles, result.total_cycles, result.accuracy, result.energy) == ("twice", 14, 16, 1.0, None)


def test_mistakes() -> None:
    network = sf.load(MODEL)
    x, labels = sf.samples(MODEL, 2)
    with pytest.raises(sf.InputError, match="backend 'fpga': there are sim, golden"):
        sf.run(network, x, backend="fpga")
    with pytest.raises(
        sf.InputError, match=r"missing a required argument: 'port'; its settings are port=\.\.\., baud=115200, timeout="
    ):
        sf.backend("board")
    with pytest.raises(sf.InputError, match=r"'speed'; it has no settings: give none"):
        sf.backend("golden", speed=3)
    with pytest.raises(sf.InputError, match=r"record 'spice': there are events"):
        sf.run(network, x, record=["spice"])
    with pytest.raises(sf.InputError, match=r"give a list, such as \['events'\]"):
        sf.run(network, x, record="events")
    with pytest.raises(sf.InputError, match=r"labels have shape \(2,\): give one for each of the 1 samples"):
        sf.run(network, x[:1], labels=labels)
    with pytest.raises(NetworkError, match="the values have shape"):
        sf.run(network, np.ones((2, 3)), chip="no-such-chip")  # inputs are looked at first
    with pytest.raises(sf.InputError, match="chip 3: give a preset's name"):
        sf.run(network, x, chip=3)  # type: ignore[arg-type]
    with pytest.raises(sf.InputError, match=r"backend 3: give a name \(sim, golden, .*sf\.backend"):
        sf.run(network, x, backend=3)  # type: ignore[arg-type]
    with pytest.raises(sf.InputError, match="model 3: give a shipped model's name"):
        sf.load(3)  # type: ignore[arg-type]
    with pytest.raises(ContractError, match="no-such-chip"):
        sf.run(network, x, chip="no-such-chip")
    with pytest.raises(sf.InputError, match="layers_at_once = 0"):
        sf.compile(network, layers_at_once=0)
    with pytest.raises(sf.InputError, match="layers_at_once = 1 asks for rounds, rounds=False for none"):
        sf.compile(network, layers_at_once=1, rounds=False)
    with pytest.raises(sf.InputError, match=r"layers_at_once = 1\.5: give a whole number"):
        sf.compile(network, layers_at_once=1.5)  # type: ignore[arg-type]
    with pytest.raises(sf.InputError, match=r"2\.5 samples of the test split of digits-mlp: give a whole number"):
        sf.samples(MODEL, 2.5)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="out of range: the test split"):
        sf.samples(MODEL, 1_000_000)
    with pytest.raises(UserError, match=r"the name must end in \.fst or \.vcd"):
        sf.waves("x.lxt")


def test_the_default_backend_s_constructor_takes_no_settings() -> None:
    with pytest.raises(sf.InputError, match="backend sim: "):
        runs.backend("sim", port="/dev/null")
