"""Regions of memory: what rounds store is there when it is played, and memory is used again."""

from __future__ import annotations

import numpy as np
from shiftfire.compiler.schedule import compile_rounds
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network, load_test_split
from shiftfire.system.plan import RunPlan, plan_rounds
from shiftfire.system.regions import memory_words
from shiftfire_spec.address import CONFIG_ADDRESS, IO_CONFIG_TILE, Space
from shiftfire_spec.chip import load_chip
from shiftfire_spec.inject import ROOM, STORE
from support.stored_words import played_addresses, stored_vectors


def _tables(plan: RunPlan) -> dict[tuple[int, int], int]:
    """Words of the store table by (space, entry)."""
    tables = {}
    for address, word in plan.tables.tolist():
        fields = CONFIG_ADDRESS.unpack(address)
        assert fields["tile"] == IO_CONFIG_TILE and not fields["read"]
        tables[fields["space"], fields["offset"]] = word
    return tables


def test_memory_play_by_play() -> None:
    """Every round's stores and plays on a memory of words: what is played is what the core sent, whatever was stored since."""
    network = load_network(find_model("spikformer-tiny"))
    inputs = load_test_split(find_model("spikformer-tiny")).inputs[:3]
    chip = load_chip("edge")
    plans = plan_rounds(compile_rounds(network, chip, most_layers=2), inputs)
    assert len(plans) == 6
    memory = np.zeros(plans[-1].region_memory, np.uint32)
    sent: dict[str, list[list[list[int]]]] = {}  # by layer, core, vector: words
    owned = played = rooms = 0
    for plan in plans:
        tables, network = _tables(plan), plan.program.network
        assert [entry for space, entry in tables if space == Space.STORE] == list(range(chip.regions))
        sources = [(number, source) for number, source in enumerate(network.inputs) if source.name in sent]
        if sources:
            steps = {number: 0 for number, _ in sources}
            addresses = iter(played_addresses(plan.injection.words.tolist()))
            for _ in range(plan.samples):
                for number in plan.program.order:
                    for core in sent[network.inputs[number].name]:
                        place, expected = next(addresses), core[steps[number]]
                        assert memory[place : place + len(expected)].tolist() == expected
                        played += 1
                    steps[number] += 1
            assert not list(addresses)
            golden = memory_words(plan.played)
            assert all(np.array_equal(golden[r.address : r.address + 1], memory[r.address : r.address + 1]) for r in plan.played)
        stored = plan.program.stored_cores()
        for events in plan.events:
            tag = plan.program.stream_of(events.core.tile).tag
            entry = STORE.unpack(tables.get((Space.STORE, tag), 0))
            assert entry["enable"] == (events.core in stored)
            if entry["enable"]:
                vectors, room = stored_vectors(events), ROOM.unpack(tables[Space.ROOM, tag])["words"]
                sent.setdefault(events.core.layer, []).append(vectors)
                assert room == events.core.channels * events.core.rows * events.core.columns + 1
                for number, words in enumerate(vectors):
                    start = entry["address"] + number * room
                    assert len(words) <= room and start + len(words) <= len(memory)
                    memory[start : start + len(words)] = words
                owned += sum(map(len, vectors))
                rooms += room * len(vectors)
    assert played > 100
    assert 0 < owned < plans[-1].region_memory < rooms
