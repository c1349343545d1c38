"""Neurons of integer networks become the nearest that a chip has, and it is told how near."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shiftfire as sf
from shiftfire.compiler.program import CompileError
from shiftfire.network.graph import Input, Layer, Network, Readout
from shiftfire.network.neurons.cubalif import CubaLif
from shiftfire.network.neurons.lif import Lif
from shiftfire.network.neurons.membrane import LeakTerm, leak_array
from shiftfire.network.synapses import SynapseOp, Synapses
from shiftfire.network.values import Shape
from shiftfire.quantise.errors import QuantiseError
from shiftfire_spec.chip import load_chip
from shiftfire_spec.weights import WeightFormat

NANO, EDGE = load_chip("nano"), load_chip("edge")
THREE = (LeakTerm(3), LeakTerm(5, True), LeakTerm(7))  # keeps 0.8984


def network(neuron: Lif | CubaLif) -> Network:
    weights = np.arange(-6, 6).reshape(3, 4)
    synapses = Synapses("pixels", SynapseOp.DENSE, weights, WeightFormat.INT4)
    return Network("fitted", Input("pixels", Shape(4), 5), (Layer("out", Shape(3), (synapses,), neuron, 5),), "out", Readout.SUM)


def lif(leak: object = THREE, **more: int) -> Lif:
    return Lif(np.full(3, 6), np.zeros(3, np.int64), leak, **more)  # type: ignore[arg-type]


def test_leak_and_limits_become_what_the_chip_has() -> None:
    changed, notes = sf.fit_neurons(network(lif()), "nano")
    kind = changed.layers[0].kind
    assert kind.leaks == {"leak": (LeakTerm(3),)}  # of one shift none is nearer to 0.1016
    assert (kind.v_min, kind.v_max) == (-(2**13), 2**13 - 1)  # type: ignore[attr-defined]
    assert len(notes) == 2 and all(note.startswith("layer out: ") for note in notes)
    assert "0.89844 is 0.875 on chip nano" in notes[1] and "-8192 and 8191" in notes[0]
    with pytest.raises(CompileError, match="--fit-neurons"):
        sf.compile(network(lif()), "nano")
    x = np.random.default_rng(1).integers(0, 2, (2, 5, 4))
    sf.verify(changed, x, chip="nano").assert_equal()


def test_what_fits_is_the_same_object() -> None:
    given = network(lif())
    changed, notes = sf.fit_neurons(given, "edge")
    assert changed is given and notes == ()


@pytest.mark.parametrize("shift", range(1, 12))
def test_of_one_term_it_is_the_nearest(shift: int) -> None:
    """Against trying every shift."""
    leak = (LeakTerm(shift), LeakTerm(shift + 1), LeakTerm(shift + 3))
    changed, _ = sf.fit_neurons(network(lif(leak)), "nano")
    wanted = 2.0**-shift + 2.0 ** -(shift + 1) + 2.0 ** -(shift + 3)
    (term,) = changed.layers[0].kind.leaks["leak"]
    assert not term.negative  # type: ignore[union-attr]
    assert abs(2.0**-term.shift - wanted) == min(abs(2.0**-other - wanted) for other in range(16))  # type: ignore[union-attr]


def test_leaks_of_channels_and_of_currents() -> None:
    chip = replace(EDGE, name="one", leak_terms=1)
    own = leak_array([THREE, (LeakTerm(2),), (LeakTerm(4), LeakTerm(5))])
    neuron = CubaLif(np.full(3, 6), np.zeros(3, np.int64), own, current_leak=(LeakTerm(1), LeakTerm(4)))
    changed, notes = sf.fit_neurons(network(neuron), chip)
    leaks = changed.layers[0].kind.leaks
    assert np.array_equal(leaks["leak"], leak_array([(LeakTerm(3),), (LeakTerm(2),), (LeakTerm(3),)]))  # 3/32 is 2**-3 or 2**-4
    assert leaks["current_leak"] == (LeakTerm(1),)
    assert "worst of 3, number 2" in notes[0] and "current's decay" in notes[1]


def test_chips_that_cannot() -> None:
    with pytest.raises(QuantiseError, match="leak_terms = 0"):
        sf.fit_neurons(network(lif()), replace(NANO, leak_terms=0))
    own = leak_array([THREE, (LeakTerm(2),), (LeakTerm(1), LeakTerm(5))])
    with pytest.raises(QuantiseError, match="neuron_leaks = false"):
        sf.fit_neurons(network(lif(own)), "nano")
