"""Regions of memory: what rounds store is there when it is played, and memory is used again."""

from __future__ import annotations

import numpy as np
from shiftfire.compiler.schedule import compile_rounds
from shiftfire.network.bundled import find_model
from shiftfire.network.container import load_network, load_test_split
from shiftfire.system.plan import RunPlan, plan_rounds
from shiftfire_spec.address import CONFIG_ADDRESS, IO_CONFIG_TILE, Space
from shiftfire_spec.chip import load_chip
from shiftfire_spec.inject import INJECT_EVENT, PLAY, STORE, InjectOp


def _tables(plan: RunPlan) -> dict[tuple[int, int], int]:
    """Words of the store and play tables by (space, entry)."""
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
    owned = 0
    for plan in plans:
        tables = _tables(plan)
        assert [entry for space, entry in tables if space == Space.STORE] == list(range(chip.regions))
        for number, region in enumerate(plan.regions):
            start = PLAY.unpack(tables[Space.PLAY, number])["address"]
            assert np.array_equal(memory[start : start + len(region)], region)
        stored = plan.program.stored_cores()
        for events in plan.events:
            tag = plan.program.stream_of(events.core.tile).tag
            entry = STORE.unpack(tables.get((Space.STORE, tag), 0))
            assert entry["enable"] == (events.core in stored)
            if entry["enable"]:
                sent = len(events.axon) + events.vectors
                owned += sent
                words = memory[entry["address"] : entry["address"] + sent]
                assert len(words) == sent
                words[:] = INJECT_EVENT.pack(op=InjectOp.END)
                ends = events.event_start[:: events.steps][1:] + np.arange(events.vectors)
                spikes = np.setdiff1d(np.arange(sent), ends)
                words[spikes] = events.axon << INJECT_EVENT.offset("axon") | events.payload << INJECT_EVENT.offset("payload")
    rooms = sum(
        e.vectors * (e.core.channels * e.core.rows * e.core.columns + 1)
        for plan in plans
        for e in plan.events
        if e.core in plan.program.stored_cores()
    )
    assert 0 < owned < plans[-1].region_memory < rooms
