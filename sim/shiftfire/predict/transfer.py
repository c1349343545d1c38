"""One vector from all cores of its source to all its readers: when each sender has sent its part, when each reader has integrated it.

Packets of a vector flow at the pace of the slowest: the senders' emission, a packet per cycle, the readers' integrate engines behind queues that soon are full.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shiftfire_spec.chip import ChipConfig

from .emission import Emission
from .flow import Flow
from .moments import Cause, Moment

# Cycles from one thing to the next when nothing is in the way (docs/architecture.md section 3), to which hops are added.
_QUEUED_TO_SENT = 2  # a packet enters an empty egress queue, leaves it
_CREDIT_TO_SENT = 3  # CREDIT leaves its core, the first packet leaves the sender
_SENT_TO_BEAT = 4  # a packet leaves the sender, its first beat
_END_TO_NEXT = 5  # END leaves the sender, the reader executes its next instruction
_BEAT_TO_NEXT = 2  # the last beat, likewise
_END_TO_SENT = 2  # END of a vector, the first packet of the next one
_COLLECT_WRITES = 2  # of a packet


Rate = Callable[[float, float], float]  # (cycle, packets) -> cycles


@dataclass(frozen=True)
class Sender:
    """A core (or the I/O tile) with a vector to send: ``fired`` when its FIRE was executed, ``sent`` when it sent the END before. ``flow``: of its packets through its readers, were each sender alone, ``rate``: cycles that packets take on their links, from a cycle on.

    The first packet goes ``gap`` cycles after the END before at the earliest, and ``lead`` cycles after it could go when all readers have opened.
    """

    tile: int
    emission: Emission
    flow: Flow
    rate: Rate
    fired: Moment
    sent: Moment | None
    gap: float = _END_TO_SENT
    lead: float = 0.0


@dataclass(frozen=True)
class Reader:
    """Who takes the vector. ``loads`` are the cycles of each sender's part, by tile; ``hops`` from each of them.

    A core's group has ``opened`` for it, and had nothing to do. The I/O tile opens nothing and may be at the vector before until ``busy``.
    """

    tile: int
    opened: Moment | None
    busy: Moment | None
    loads: dict[int, float]
    hops: dict[int, int]


@dataclass(frozen=True)
class Outcome:
    """``idle``: when each sender's fire engine can start again; ``sent``: when each has sent its END; ``ready``: when each reader executes its next instruction."""

    began: dict[int, Moment]
    idle: dict[int, Moment]
    sent: dict[int, Moment]
    ready: list[Moment]


def _begin(sender: Sender, readers: Sequence[Reader]) -> Moment:
    """When the first packet goes."""
    fired, tile = sender.fired, sender.tile
    best = Moment(fired.time + sender.emission.first + _QUEUED_TO_SENT + sender.lead, Cause.FIRE, tile, fired)
    if sender.sent is not None and sender.sent.time + sender.gap > best.time:
        best = Moment(sender.sent.time + sender.gap, Cause.SEND, tile, sender.sent)
    for reader in readers:
        if reader.opened is not None and tile in reader.hops:
            time = reader.opened.time + _CREDIT_TO_SENT + reader.hops[tile] + sender.lead
            if time > best.time:
                best = Moment(time, Cause.CREDIT, tile, reader.opened)
    return best


def _unhindered(sender: Sender, began: Moment) -> Moment:
    """When the END goes if the readers keep up: a packet per cycle where the links are free, as they are fired."""
    emission = sender.emission
    sent = Moment(began.time + sender.rate(began.time, emission.packets), Cause.SEND, sender.tile, began)
    late = began.time + emission.end - emission.full
    if late > sent.time:
        sent = Moment(late, _slower(emission), sender.tile, began)
    fired = sender.fired.time + emission.end + _QUEUED_TO_SENT
    return Moment(fired, _slower(emission), sender.tile, sender.fired) if fired > sent.time else sent


def _slower(emission: Emission) -> Cause:
    """Whether the steps or the packets make most of a fire."""
    return Cause.FIRE if emission.steps * 2 >= emission.end else Cause.ENCODE


def _integrated(reader: Reader, senders: Sequence[Sender], began: dict[int, Moment]) -> tuple[float, Moment]:
    """Cycle of a reader's last beat by its own work, and the beginning that its last busy time started with."""
    order = sorted(reader.loads, key=lambda tile: began[tile].time + reader.hops[tile], reverse=True)
    work, best = 0.0, (-1.0, began[order[0]])
    for tile in order:
        work += reader.loads[tile]
        time = began[tile].time + reader.hops[tile] + _SENT_TO_BEAT + work - 1
        if time > best[0]:
            best = (time, began[tile])
    for sender in senders:
        done = sender.flow.done.get(reader.tile)
        if done is not None:
            time = began[sender.tile].time + reader.hops[sender.tile] + _SENT_TO_BEAT + done - 1
            if time > best[0]:
                best = (time, began[sender.tile])
    if reader.busy is not None and reader.busy.time + work > best[0]:
        best = (reader.busy.time + work, reader.busy)
    return best


def _held_up(
    sender: Sender,
    readers: Sequence[Reader],
    began: dict[int, Moment],
    free: Moment,
    last: list[tuple[float, Moment]],
    chip: ChipConfig,
) -> Moment:
    """When the END goes, with queues that are full: all but what they hold has been integrated by then."""
    sent, packets = free, sender.emission.packets
    start = began[sender.tile]
    if start.time + sender.flow.sent > sent.time:
        sent = Moment(start.time + sender.flow.sent, Cause.INTEGRATE, sender.flow.slowest, start)
    for reader, (end, start) in zip(readers, last, strict=True):
        if sender.tile not in reader.loads or not packets:
            continue
        own, hops = reader.loads[sender.tile], reader.hops[sender.tile]
        here = began[sender.tile].time + hops + _SENT_TO_BEAT
        if reader.busy is not None:
            here = max(here, reader.busy.time)
        others = sum(min(load, own, max(0.0, end - here)) for tile, load in reader.loads.items() if tile != sender.tile)
        room = min(packets, chip.link_queue_depth * (hops + 1) + chip.ingress_queue_depth)
        done = min(end, here + own + others)
        time = done - room * (own + others) / packets
        if time > sent.time:
            sent = Moment(time, Cause.INTEGRATE, reader.tile, start)
    return sent


def transfer(senders: Sequence[Sender], readers: Sequence[Reader], chip: ChipConfig) -> Outcome:
    """The course of a vector."""
    began = {s.tile: _begin(s, readers) for s in senders}
    last = [_integrated(reader, senders, began) for reader in readers]
    sent = {s.tile: _held_up(s, readers, began, _unhindered(s, began[s.tile]), last, chip) for s in senders}
    ready = []
    for reader, (end, start) in zip(readers, last, strict=True):
        best = Moment(end + _BEAT_TO_NEXT, Cause.INTEGRATE, reader.tile, start)
        for tile, hops in reader.hops.items():
            if sent[tile].time + hops + _END_TO_NEXT > best.time:
                best = Moment(sent[tile].time + hops + _END_TO_NEXT, Cause.TRAVEL, reader.tile, sent[tile])
        ready.append(best)
    return Outcome(began, {s.tile: _idle(s, sent[s.tile], began[s.tile], chip) for s in senders}, sent, ready)


def _idle(sender: Sender, sent: Moment, began: Moment, chip: ChipConfig) -> Moment:
    """When the fire engine can start again: after its last step, which waits until the packets of those before it are in the queue."""
    emission = sender.emission
    free = sender.fired.time + emission.idle
    behind = chip.egress_queue_depth + emission.last + 1
    if emission.packets > behind:
        rate = max(1.0, (sent.time - began.time) / emission.packets)
        held = sent.time - behind * rate
        if held > free:
            return Moment(held, Cause.SEND, sender.tile, sent)
    return Moment(free, _slower(emission), sender.tile, sender.fired)
