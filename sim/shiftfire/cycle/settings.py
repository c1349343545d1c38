"""What a core is configured with, as the kernels read it."""

from __future__ import annotations


class GroupSettings:
    """A stream group of a core, decoded."""

    payload_kind: int
    serial: int  # a beat per set bit of a graded payload
    lane_one: int
    spatial: int
    sources: int
    credit_tag: int
    credit_slot: int
    channel_bits: int
    x_bits: int
    channel_base: int
    channel_count: int
    channel_groups: int
    y_base: int
    x_base: int
    first_row: int  # that the row table has an entry for
    last_row: int
    lane_adds: int  # per beat
    weight_slices: int  # per beat
    load_rows: int
    recode: int
    chain: int
    ahead: int  # steps from the present one to that of its sums


class FireSettings:
    """A core's fire engine, its encoder and its egress, decoded."""

    tag: int
    slot_mask: int
    has_membrane: int
    step_cycles: int
    steps: int  # fire steps of one vector, those of all passes
    passes: int
    channel_groups: int  # accumulator groups of a position
    pass_steps: int  # steps of a position in one pass: the last group has fewer than the others when lanes are left over
    tail_groups: int  # groups of a position's last segment
    first_walk: int  # first entry of the tile in the walks
