"""Fire operations and their parameters."""

from __future__ import annotations

from enum import IntEnum

from .bitfield import Field, Layout

LEAK_TERMS = 3
MAX_COUNT_STEPS = 8
REFRACTORY_BITS = 4  # of the steps for which a neuron that fired is silent, and of what is left of them
FIRE_STAGES = 4  # cycles of a step in the fire engine: memories, sum and leak, operation, payload


class FireOp(IntEnum):
    """What the fire engine does with ``a``, the accumulator plus the channel's bias."""

    LIF = 0
    COUNT = 1
    REQUANT = 2
    ARGMAX = 3
    PTSOFTMAX = 4
    BSPN = 5
    SHIFTLIF = 6
    TABLE = 7
    MULTISPIKE = 8
    LI = 9
    CUBALIF = 10
    CUBALI = 11
    SUM = 12


FIRE_DOC = {
    FireOp.LIF: "`V <- clip(V - sum_i s_i (V >> k_i) + a, v_min, v_max)`; fire if `V >= theta` (strict: `>`);"
    " reset by subtraction, to `v_reset`, or none. With `delayed_reset` (and reset SUBTRACT) V is kept as it fired, and the next step subtracts"
    " theta beside its leak. With `refractory` R a neuron that fired is silent in the R steps after: V stays as the spike left it, and `a` of those steps is lost."
    " IF is LIF without leak terms. Emits UNIT.",
    FireOp.COUNT: "`n = lo + clip(floor(a / theta), 0, span)` by `count_steps` compare-subtract steps (bias holds `offset - lo theta`);"
    " emits COUNT, or SIGNED when lo < 0. With `levels` it emits `table[n - lo]`, for spans of up to 31, as COUNT or SIGNED.",
    FireOp.REQUANT: "`y = clip(round(a / 2^shift), lo, lo + span)`; emits SIGNED or COUNT",
    FireOp.ARGMAX: "one event whose axon is the first index of the largest `a`; emits UNIT",
    FireOp.PTSOFTMAX: "over the channels of a segment: `c = ceil(a / 2^shift)`, `d = max c - c`, `P = sum of 2^-d over all d <= F`, `2^k` stands for P"
    " by the denominator rule, `e = d + k`. Output POWER: POW2 of exponent `14 - e`, no event when `e >= 15`; TABLE: COUNT `table[min(e, 31)]`."
    " Three passes: MAX, SUM, EMIT.",
    FireOp.BSPN: "over the channels of a segment: `S = sum of abs(a)`, `n = floor(log2 S) + 1` (EPSILON) or `ceil(log2 S)` (CEIL), 0 for S = 0;"
    " `y = sat(+-floor(a 2^(shift - n)) + beta)` with the channel's `bspn_parameter`, saturating at +-(2^23 - 1); `p = round(log2 abs(y)) - guard`,"
    " at most 15, below 0 or for y = 0 the power is 0. Output POWER: POW2 `+-2^p`; TABLE: `table[p]`, `table[16 + p]` negative, `table[32]` zero, as COUNT or SIGNED;"
    " REQUANT: y requantised as in REQUANT. Two passes: SUM, EMIT.",
    FireOp.SHIFTLIF: "`u <- clip(V - sum_i s_i (V >> k_i) + a, v_min, v_max)`; `j` of 0..levels from `u / 2^(theta_log2 - levels)` by the level rounding;"
    " `V <- u - 2^(theta_log2 - levels + j)`; emits POW2 of exponent `j`, nothing below level 0. The threshold word is theta_log2, at least `levels`.",
    FireOp.TABLE: "`table[clip(round(a / 2^shift), lo, lo + span)]`, indices within 0..31; emits COUNT or SIGNED",
    FireOp.MULTISPIKE: "`u <- clip(V - sum_i s_i (V >> k_i) + a, v_min, v_max)`, v_min at most 0; `n = clip(floor(u / theta), 0, span)` by `count_steps`"
    " compare-subtract steps; `V <- u - n theta`, but at least `-theta` with `floor_at_theta`; theta at least 1. Emits COUNT.",
    FireOp.LI: "`V <- clip(V - sum_i s_i (V >> k_i) + a, v_min, v_max)`; emits V as a wide value in every step, `reset` NONE. I is LI without leak terms.",
    FireOp.CUBALIF: "a synaptic current beside the membrane, 0 before a sample's first step: `J <- clip(I - sum_i s_i (I >> j_i) + a, i_min, i_max)`, its leak in"
    " `fire_current_leak`; then LIF with J in the place of a (`old_current`: with I), and `I <- J`, in refractory steps too. `count_steps` is 2: the current,"
    " then the membrane. Emits UNIT.",
    FireOp.CUBALI: "as CUBALIF, but LI in the place of LIF: emits V as a wide value in every step, `reset` NONE",
    FireOp.SUM: "emits `a` as a wide value; no membrane, nothing is kept. What a core sums of a layer whose inputs do not fit one goes on to the next so.",
}


MEMBRANE_OPS = (
    FireOp.LIF,
    FireOp.SHIFTLIF,
    FireOp.MULTISPIKE,
    FireOp.LI,
    FireOp.CUBALIF,
    FireOp.CUBALI,
)
"""Operations that keep a membrane potential from step to step."""

CURRENT_OPS = (FireOp.CUBALIF, FireOp.CUBALI)
"""Those of them that keep a synaptic current, too."""

CURRENT_STEPS = 2
"""`count_steps` of `CURRENT_OPS`: cycles of a step."""

WIDE_OPS = (FireOp.LI, FireOp.CUBALI, FireOp.SUM)
"""Operations that send wide values: POW2, a packet per digit of the non-adjacent form."""

STEPPED_OPS = (
    FireOp.COUNT,
    FireOp.MULTISPIKE,
    *CURRENT_OPS,
)
"""Operations that divide, or update two states in turn: a step takes max(1, `count_steps`) cycles, of all others one."""

OP_OPTIONS: dict[FireOp, tuple[str, ...]] = {
    FireOp.REQUANT: ("requant",),
    FireOp.PTSOFTMAX: ("shift_units",),
    FireOp.BSPN: ("shift_units",),
    FireOp.SHIFTLIF: ("shift_units",),
    FireOp.TABLE: ("shift_units",),
    FireOp.MULTISPIKE: ("multispike",),
    FireOp.LI: ("wide_values",),
    FireOp.CUBALIF: ("currents",),
    FireOp.CUBALI: ("currents", "wide_values"),
    FireOp.SUM: ("wide_values",),
}
"""Options of a chip (`chip.OPTIONS`) that an operation needs; every chip has the others."""


def step_cycles(op: FireOp, steps: int) -> int:
    """Cycles of a fire step in its first stage; ``steps`` is the register's ``count_steps``."""
    return max(steps, 1) if op in STEPPED_OPS else 1


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

LEAK_TERM_BITS = sum(bits for _, bits, _ in _TERM)

FIRE_CONTROL = Layout(
    "fire_control",
    Field("op", 4, "fire operation"),
    Field("strict", 1, "LIF, CUBALIF: compare `>` instead of `>=`"),
    Field("reset", 2, "LIF, CUBALIF: reset mode"),
    Field("payload_kind", 2, "payload kind of the events"),
    Field("count_steps", 4, f"COUNT, MULTISPIKE: compare-subtract steps, one cycle each; CUBALIF, CUBALI: {CURRENT_STEPS}"),
    Field("shift", 5, "REQUANT, TABLE, BSPN: right shift; PTSOFTMAX: shift of the scores"),
    Field("rounding", 2, "REQUANT, TABLE, BSPN: rounding mode"),
    Field("levels", 1, "COUNT: send `table[n - lo]` instead of n"),
    Field("floor_at_theta", 1, "MULTISPIKE: the membrane is at least `-theta` of the channel"),
    Field("old_current", 1, "CUBALIF, CUBALI: the membrane takes the current from before the step"),
    Field("delayed_reset", 1, "LIF, CUBALIF: a spike's theta is subtracted in the next step; chips with `resets`"),
    Field(
        "refractory", REFRACTORY_BITS, "LIF, CUBALIF: steps after a spike in which the neuron is silent; chips with `refractory`"
    ),
    Field("neuron_parameters", 1, "bias and threshold are of each neuron, not of its channel; chips with `neuron_parameters`"),
    Field(
        "neuron_leaks", 1, "leaks are of each channel (each neuron with the bit before), in Space.LEAK; chips with `neuron_leaks`"
    ),
    doc="Operation of the fire engine.",
)
FIRE_RANGE = Layout(
    "fire_range",
    Field("lo", 9, "COUNT, REQUANT, BSPN: least value; TABLE: least index", signed=True),
    Field("span", 9, "COUNT, REQUANT, BSPN, TABLE: greatest minus least; MULTISPIKE: greatest"),
    Field("dead_zone", 4, "COUNT, REQUANT: values of at most this magnitude become 0, which is not sent"),
    doc="Range of a graded output, or of the table's index.",
)
_TERMS = tuple(Field(f"{name}{i}", bits, f"leak term {i}: {doc}") for i in range(LEAK_TERMS) for name, bits, doc in _TERM)
FIRE_LEAK = Layout(
    "fire_leak",
    *_TERMS,
    doc="The leak: up to three signed shifts of the membrane potential. With `neuron_leaks` not looked at: words of this layout in Space.LEAK take its place.",
)
FIRE_CURRENT_LEAK = Layout(
    "fire_current_leak",
    *_TERMS,
    doc="CUBALIF, CUBALI: the leak of the synaptic current, which stands for V here. Not there on chips without `currents`, and not looked at with `neuron_leaks`.",
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
