"""Configurations filled in by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from shiftfire.cycle.configuration import Configuration, EmittedEvent, queues_behind
from shiftfire.cycle.records import records
from shiftfire.cycle.settings import FireSettings, GroupSettings
from shiftfire.cycle.walk import WalkGroup
from shiftfire_spec.core_program import INSTRUCTION
from shiftfire_spec.stream import RECODE_ENTRIES

TAGS = 8
AXES = 16


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape, np.int64)


def blank(width: int = 1, height: int = 1, **changes: Any) -> Configuration:
    """A mesh whose cores hold nothing, whose queues hold two items and whose memory answers in two cycles."""
    tiles = width * height
    one: dict[str, Any] = dict(
        tiles=tiles,
        width=width,
        height=height,
        link_queue_depth=2,
        ingress_queue_depth=2,
        egress_queue_depth=2,
        inject_queue_depth=2,
        timed=1,
        memory_latency=2,
        memory_period=1,
        memory_open=1,
        steps_per_group=1,
        behind=queues_behind(width, height),
        routes=zeros(tiles, TAGS),
        program=zeros(tiles, 4, len(list(INSTRUCTION))),
        taps_y=np.ones((tiles, AXES), np.int64),
        taps_x=np.ones((tiles, AXES), np.int64),
        groups=records(
            GroupSettings, tiles, 2, sources=1, channel_count=1 << 16, channel_groups=1, channel_bits=4, x_bits=2, lane_adds=4
        ),
        ring_words=zeros(tiles),
        recode=zeros(tiles, 2 * RECODE_ENTRIES),
        fire=records(FireSettings, tiles, passes=1, step_cycles=1, steps=1, channel_groups=1, pass_steps=1, tail_groups=1),
        walks=records(WalkGroup, 0),
        first_vector=zeros(tiles + 1),
        vector_events=zeros(1),
        first_event=zeros(tiles),
        events=records(EmittedEvent, 0),
        inject_words=zeros(0),
        stores=zeros(TAGS),
        stored_words=zeros(0),
        prefetch_words=0,
        collect_limit=1 << 20,
        collect_ends=1,
        drains=0,
        patience=1 << 20,
    )
    return Configuration(**(one | changes))
