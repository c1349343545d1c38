"""The watchdog's bound: for how long every packet of a run may rest while the run still goes on."""

from __future__ import annotations

from collections.abc import Sequence

from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.fire import FIRE_STAGES
from shiftfire_spec.packet import PAYLOAD_BITS

from .records import IntArray, Records
from .settings import FireSettings, GroupSettings

_QUIET_WORDS = 9  # injection words between two packets: BEGIN, mask, PLAY, address, and those around a source's end, each with a cycle of its own


def patience_of(
    chip: ChipConfig, fire: Records[FireSettings], groups: Records[GroupSettings], taps: Sequence[IntArray], ring_words: IntArray
) -> int:
    """Cycles of which no queue of a run that goes on can spend more without a push or a pop.

    While no packet moves, no unit learns anything of another: each core goes on alone until it has a packet for the mesh, or waits. Alone, a core adds the
    events in its two stages, clears weights or moves a step's sums once (then it asks for a vector, with a packet), runs its program (in which every loop holds an ACC or a FIRE), and
    walks FIREs until their ENDs fill encoder and egress queue. The I/O tile needs a few words of memory, or two writes, until it moves a packet.
    The parts may follow each other, so the bound is the sum of the greatest of each.
    """
    beats = int(groups["channel_groups"].max()) * max(1, *(int(axis.max()) for axis in taps)) ** len(taps) * PAYLOAD_BITS
    walks = chip.egress_queue_depth + 3  # in the queue, in the encoder, being walked
    walk = int((fire["steps"] * fire["step_cycles"]).max()) + FIRE_STAGES
    program = walks * chip.program_words
    memory = _QUIET_WORDS * (chip.memory_latency_cycles + chip.memory_stall_period_cycles)
    entries = chip.stream_groups if groups["chain"].any() else 1  # of the packet in A
    return (1 + entries) * (beats + 2) + int(groups["load_rows"].max()) + int(ring_words.max()) + walks * walk + program + memory
