"""Core programs: the small looping program of the integrate engine."""

from __future__ import annotations

from enum import IntEnum

from .bitfield import Field, Layout

LOOP_COUNTERS = 2


class Opcode(IntEnum):
    """Instructions of the integrate engine. HALT is 0, so that an empty program stands still."""

    HALT = 0
    ACC = 1
    LOAD = 2
    FIRE = 3
    LOOP = 4
    JUMP = 5
    STEP = 6


OPCODE_DOC = {
    Opcode.HALT: "stop until the next run",
    Opcode.ACC: "open one vector of `group` and add it into the current accumulator bank, or with `discard` drop its events: each leaves"
    " stage A at once, with no beat",
    Opcode.LOAD: "clear the group's weights, then open one vector of `group` and store it as weights",
    Opcode.FIRE: "hand the current bank to the fire engine and go on with the other; `first` starts from the initial membrane,"
    " `hold` keeps the bank's sums (and the bank) for another FIRE",
    Opcode.LOOP: "go to `target` until passed `count` times, on loop counter `group`; a counter is free again only when its loop has ended",
    Opcode.JUMP: "go to `target`",
    Opcode.STEP: "begin a step of a sample: its sums so far move from the ring to the current bank, and are 0 in the ring; with `first` the"
    " sample has `count` more steps after this one, and nothing is moved (chips with `delay_words`)",
}

INSTRUCTION = Layout(
    "instruction",
    Field("opcode", 3, "operation"),
    Field("group", 3, "ACC, LOAD: stream group; LOOP: loop counter"),
    Field("target", 6, "LOOP, JUMP: program address"),
    Field("first", 1, "FIRE: membranes start from the initial value instead of memory; STEP: of a sample's first step"),
    Field("hold", 1, "FIRE: do not clear or release the bank"),
    Field("count", 16, "LOOP: passes; STEP with `first`: steps of a sample, less one"),
    Field("discard", 1, "ACC: take the vector without adding it; chips without feedback have no such bit"),
    doc="One word of a core program.",
)
