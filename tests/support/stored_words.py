"""What rounds store and play, word by word, from the contract alone."""

from __future__ import annotations

from itertools import pairwise

from shiftfire.compiler.lowering.events import CoreEvents
from shiftfire_spec.inject import INJECT_BEGIN, INJECT_EVENT, INJECT_PLAY, InjectOp


def played_addresses(words: list[int]) -> list[int]:
    """Addresses that an injection program plays, in order; every piece of a vector but the last says that there is more."""
    addresses: list[int] = []
    place = 0
    while place < len(words):
        assert INJECT_BEGIN.unpack(words[place])["op"] == InjectOp.BEGIN
        place += 2
        more = 1
        while more:
            play = INJECT_PLAY.unpack(words[place])
            assert play["op"] == InjectOp.PLAY and not play["wait"]
            addresses.append(words[place + 1])
            place, more = place + 2, play["more"]
    return addresses


def stored_vectors(events: CoreEvents) -> list[list[int]]:
    """Injection words of each vector of a core."""
    start = events.event_start[:: events.steps].tolist()
    ends = [INJECT_EVENT.pack(op=InjectOp.END)]
    packets = list(zip(events.axon.tolist(), events.payload.tolist(), strict=True))
    spikes = [[INJECT_EVENT.pack(op=InjectOp.EVENT, axon=a, payload=p) for a, p in packets[s:e]] for s, e in pairwise(start)]
    return [own + ends for own in spikes]
