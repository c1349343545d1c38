"""Fire operations and their parameters."""

from __future__ import annotations

from enum import IntEnum

from .bitfield import Field, Layout

LEAK_TERMS = 3
MAX_COUNT_STEPS = 8


class FireOp(IntEnum):
    """What the fire engine does with ``a``, the accumulator plus the channel's bias."""

    LIF = 0
    COUNT = 1
    REQUANT = 2
    ARGMAX = 3


FIRE_DOC = {
    FireOp.LIF: "`V <- clip(V - sum_i s_i (V >> k_i) + a, v_min, v_max)`; fire if `V >= theta` (strict: `>`);"
    " reset by subtraction, to zero, or none. IF is LIF without leak terms. Emits UNIT.",
    FireOp.COUNT: "`n = lo + clip(floor(a / theta), 0, span)` by `count_steps` compare-subtract steps (bias holds `offset - lo theta`);"
    " emits COUNT, or SIGNED when lo < 0",
    FireOp.REQUANT: "`y = clip(round(a / 2^shift), lo, lo + span)`; emits SIGNED or COUNT",
    FireOp.ARGMAX: "one event whose axon is the first index of the largest `a`; emits UNIT",
}


class Reset(IntEnum):
    """What a spike does to the membrane potential."""

    SUBTRACT = 0
    ZERO = 1
    NONE = 2


class Rounding(IntEnum):
    """Rounding of REQUANT's right shift."""

    FLOOR = 0
    HALF_UP = 1
    HALF_EVEN = 2


_TERM = (
    ("enable", 1, "term in use"),
    ("negative", 1, "the term is added to V instead of subtracted"),
    ("shift", 5, "right shift k of V"),
)

FIRE_CONTROL = Layout(
    "fire_control",
    Field("op", 3, "fire operation"),
    Field("strict", 1, "LIF: compare `>` instead of `>=`"),
    Field("reset", 2, "LIF: reset mode"),
    Field("payload_kind", 2, "payload kind of the events"),
    Field("count_steps", 4, "COUNT: compare-subtract steps, one cycle each"),
    Field("shift", 5, "REQUANT: right shift"),
    Field("rounding", 2, "REQUANT: rounding mode"),
    doc="Operation of the fire engine.",
)
FIRE_RANGE = Layout(
    "fire_range",
    Field("lo", 9, "COUNT, REQUANT: least value", signed=True),
    Field("span", 9, "COUNT, REQUANT: greatest value minus least"),
    doc="Range of a graded output.",
)
FIRE_LEAK = Layout(
    "fire_leak",
    *(Field(f"{name}{i}", bits, f"leak term {i}: {doc}") for i in range(LEAK_TERMS) for name, bits, doc in _TERM),
    doc="The leak: up to three signed shifts of the membrane potential.",
)
FIRE_SHAPE = Layout(
    "fire_shape",
    Field("width", 10, "output columns"),
    Field("height", 10, "output rows"),
    Field("channel_groups", 12, "accumulator groups per position"),
    doc="Positions and groups that one FIRE walks: rows, columns, channel groups, innermost last.",
)
FIRE_CHANNELS = Layout(
    "fire_channels",
    Field("channels", 16, "channels of the core: lanes past the last one never fire"),
    doc="Channels of the core's slice.",
)
