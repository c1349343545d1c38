"""Random dense networks, as `bench --layers` makes them: the simulator's cycles are the RTL's."""

from shiftfire.compiler.compile import compile_network
from shiftfire.network.random_dense import random_dense_network, random_spikes
from shiftfire.verification.verify import verify
from support.odd_chip import odd_chip


def test_exact_cycles() -> None:
    network = random_dense_network((60, 20, 10), 6, 0.1, 0)
    verification = verify(compile_network(network, odd_chip()), random_spikes(network.input, 0.1, 0, 3))
    assert verification.passed, verification.as_dict()
    assert verification.events_compared > 300
