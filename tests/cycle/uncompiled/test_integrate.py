"""The integrate engine: beats of an event, and one vector cycle by cycle."""

import numpy as np
from shiftfire.cycle.configuration import Configuration
from shiftfire.cycle.integrate import beats, integrate
from shiftfire.cycle.queue import end_cycle, pop, push
from shiftfire.cycle.records import records
from shiftfire.cycle.settings import GroupSettings
from shiftfire.cycle.state import AXON_SHIFT, CLEAR, DRAIN, EXEC, OPEN, PAYLOAD_SHIFT, RECEIVE, STEP, State, initial_state
from shiftfire_spec.core_program import INSTRUCTION, Opcode
from shiftfire_spec.counters import Counter
from shiftfire_spec.packet import PORTS, Kind, PayloadKind, Port
from shiftfire_spec.stream import RECODE_ENTRIES, TABLE_BITS
from shiftfire_spec.weights import SLICES
from support.blank_configuration import blank

INGRESS, LOCAL = PORTS, int(Port.LOCAL)


def test_beats_are_the_rules() -> None:
    rng = np.random.default_rng(3)
    seen = set()
    for _ in range(1000):
        kind = int(rng.choice([PayloadKind.UNIT, PayloadKind.COUNT, PayloadKind.SIGNED]))
        group = {
            "payload_kind": kind, "serial": int(kind != PayloadKind.UNIT and rng.random() < 0.7), "lane_one": int(rng.integers(2)), "spatial": int(rng.integers(2)),
            "channel_bits": 3, "x_bits": 2, "channel_base": int(rng.integers(3)), "channel_count": int(rng.integers(1, 6)), "channel_groups": int(rng.integers(1, 4)),
            "x_base": int(rng.integers(3)), "first_row": int(rng.integers(3)), "last_row": int(rng.integers(2, 5)),
        }  # fmt: skip
        table = int(rng.integers(3))  # of the first row's entry
        group["y_base"] = (table - group["first_row"]) % (1 << TABLE_BITS)
        taps_y, taps_x = rng.integers(0, 4, (2, 1, 16))
        c = blank(groups=records(GroupSettings, 1, 1, **group), taps_y=taps_y, taps_x=taps_x)
        s = initial_state(c)
        loading = s.integrates[0].loading = int(rng.integers(2))
        channel, x, y, payload = (int(rng.integers(n)) for n in (8, 4, 4, 256))
        want = 1
        if not group["channel_base"] <= channel < group["channel_base"] + group["channel_count"]:
            want = 0
        if group["spatial"]:
            held = group["first_row"] <= y <= group["last_row"]
            want *= int(taps_y[0, table + y - group["first_row"]] * taps_x[0, group["x_base"] + x]) if held else 0
        if loading:
            want = min(want, 1)
        else:
            want *= (1 if group["lane_one"] else group["channel_groups"]) * (
                (payload & (127 if kind == PayloadKind.SIGNED else 255)).bit_count() if group["serial"] else 1
            )
        assert beats(c, s, 0, (y << 5 | x << 3 | channel) << AXON_SHIFT | payload << PAYLOAD_SHIFT) == want
        seen.add(want)
    assert {0, 1, 2, 3, 6, 12} <= seen


def test_recoded_payloads() -> None:
    """Sign and exponent of the payload index the group's table; a magnitude of 0 there is no beat."""
    recode = np.zeros((1, 2 * RECODE_ENTRIES), np.int64)
    recode[0, RECODE_ENTRIES + 5], recode[0, RECODE_ENTRIES + RECODE_ENTRIES // 2 + 5] = 7, 0x80
    c = blank(
        recode=recode,
        groups=records(
            GroupSettings, 1, 2, recode=1, serial=1, payload_kind=int(PayloadKind.SIGNED), channel_count=16, channel_groups=2
        ),
    )
    s = initial_state(c)
    s.integrates[0].group = 1
    assert beats(c, s, 0, 5 << PAYLOAD_SHIFT) == 3 * 2
    assert beats(c, s, 0, 0x85 << PAYLOAD_SHIFT) == 0


def program(*instructions: dict[str, int]) -> np.ndarray:
    """(1, words, fields)."""
    return np.array([[[word.get(f.name, 0) for f in INSTRUCTION] for word in instructions]], np.int64)


def states(c: Configuration, s: State, packets: dict[int, list[int]], cycles: int) -> list[int]:
    """The engine's state at the start of each cycle; ``packets`` reach the ingress queue in their cycle. The router takes what it is sent at once."""
    found = []
    for cycle in range(cycles):
        found.append(int(s.integrates[0].state))
        integrate(c, s, cycle, 0)
        if s.queues.count[LOCAL]:
            pop(s.queues, LOCAL)
        for flit in packets.get(cycle, []):
            push(s.queues, INGRESS, flit, 0)
        end_cycle(s.queues, cycle)
    return found


def test_a_vector_cycle_by_cycle() -> None:
    """ACC in 0, CREDIT in 1. An event that arrives in 4 is in A in 5 and issues its three beats in 6, 7, 8, as END leaves A in 6."""
    c = blank(
        program=program({"opcode": Opcode.ACC}, {"opcode": Opcode.HALT}),
        groups=records(GroupSettings, 1, 1, sources=1, channel_count=9, channel_groups=3, lane_adds=4, weight_slices=2),
    )
    s = initial_state(c)
    found = states(c, s, {3: [int(Kind.SPIKE)], 4: [int(Kind.END)]}, 12)
    assert found == [EXEC, OPEN, *[RECEIVE] * 5, DRAIN, DRAIN, DRAIN, EXEC, EXEC]
    assert s.trace.rows[: s.trace.count[0], 0].tolist() == [1]
    counted = {Counter(i): int(n) for i, n in enumerate(s.counters[0]) if n}
    assert counted == {
        Counter.INTEGRATE_BUSY: 3, Counter.INTEGRATE_WAIT_EVENT: 2, Counter.EVENTS_IN: 1, Counter.VECTORS_IN: 1, Counter.BEATS: 3,
        Counter.LANE_ADDS: 12, Counter.WEIGHT_SLICES: 6, Counter.ACC_READS: 3, Counter.ACC_WRITES: 3,
    }  # fmt: skip


def chain_of_two(**second: int) -> Configuration:
    """ACC of group 0, whose one-beat events go on to group 1, then HALT."""
    groups = records(GroupSettings, 1, 2, sources=1, channel_count=9, channel_groups=1, lane_adds=4, weight_slices=2)
    groups["chain"][0, 0] = 1
    for name, value in second.items():
        groups[name][0, 1] = value
    return blank(program=program({"opcode": Opcode.ACC}, {"opcode": Opcode.HALT}), groups=groups)


def test_an_entry_of_a_chain_takes_two_cycles_at_least() -> None:
    """Two events in A from 5 on. They leave it under the groups in 5 and 7, 9 and 11 (popped a cycle after 7, when group 0 is back), END in 13."""
    c = chain_of_two()
    s = initial_state(c)
    found = states(c, s, {3: [int(Kind.SPIKE), int(Kind.SPIKE)], 9: [int(Kind.END)]}, 16)
    assert found == [EXEC, OPEN, *[RECEIVE] * 12, DRAIN, EXEC]
    assert s.counters[0, Counter.EVENTS_IN] == 2 and s.counters[0, Counter.BEATS] == 4
    assert s.counters[0, Counter.WEIGHT_SLICES] == 8 and s.integrates[0].group == 0


def test_the_decode_of_a_chain_hides_behind_beats() -> None:
    """Three beats of an own width each: the event leaves A under group 1 as the third beat of group 0 is issued, in 8; END leaves in 10."""
    c = chain_of_two(channel_groups=3, weight_slices=8, lane_adds=1)
    c.groups["channel_groups"][0, 0] = 3
    s = initial_state(c)
    found = states(c, s, {3: [int(Kind.SPIKE)], 4: [int(Kind.END)]}, 18)
    assert found == [EXEC, OPEN, *[RECEIVE] * 9, DRAIN, DRAIN, *[EXEC] * 5]
    assert s.counters[0, Counter.INTEGRATE_BUSY] == 6
    assert s.counters[0, Counter.WEIGHT_SLICES] == 3 * 2 + 3 * 8 and s.counters[0, Counter.LANE_ADDS] == 3 * 4 + 3


def test_load_and_discard_take_no_chain() -> None:
    for instruction in ({"opcode": Opcode.LOAD}, {"opcode": Opcode.ACC, "discard": 1}):
        c = chain_of_two()
        c.program[:] = program(instruction, {"opcode": Opcode.HALT})
        s = initial_state(c)
        states(c, s, {6: [int(Kind.SPIKE)], 7: [int(Kind.END)]}, 14)
        assert s.counters[0, Counter.EVENTS_IN] == 1 and s.counters[0, Counter.BEATS] == 0
        assert s.integrates[0].state == EXEC and s.integrates[0].group == 0


def test_a_step_moves_its_sums_word_by_word() -> None:
    """STEP in 0 moves two words in 1 and 2; of a sample of two steps the second one's events for a later step have no beats."""
    groups = records(GroupSettings, 1, 1, sources=1, channel_count=9, channel_groups=1, lane_adds=4, ahead=1)
    ready = {"opcode": Opcode.STEP, "first": 1, "count": 1}
    c = blank(program=program(ready, {"opcode": Opcode.ACC}, {"opcode": Opcode.STEP}, {"opcode": Opcode.ACC}, {}), groups=groups)
    c.ring_words[:] = 2
    s = initial_state(c)
    found = states(c, s, {4: [int(Kind.SPIKE)], 5: [int(Kind.END)], 17: [int(Kind.SPIKE)], 18: [int(Kind.END)]}, 26)
    assert found[:3] == [EXEC, EXEC, OPEN]
    start = found.index(STEP)
    assert found[start - 1 : start + 5] == [EXEC, STEP, STEP, DRAIN, EXEC, OPEN]
    assert s.integrates[0].steps_left == 0 and s.integrates[0].state == EXEC
    assert s.counters[0, Counter.BEATS] == 1 and s.counters[0, Counter.EVENTS_IN] == 2
    assert s.counters[0, Counter.ACC_READS] == 1 + 2 and s.counters[0, Counter.ACC_WRITES] == 1 + 2 * 2
    assert s.counters[0, Counter.INTEGRATE_BUSY] == 1 + 2


def test_load_clears_row_by_row_and_stores_one_weight_per_event() -> None:
    c = blank(
        program=program({"opcode": Opcode.LOAD}, {"opcode": Opcode.HALT}),
        groups=records(GroupSettings, 1, 1, sources=1, channel_count=9, channel_groups=3, weight_slices=8, load_rows=3),
    )
    s = initial_state(c)
    found = states(c, s, {8: [int(Kind.SPIKE)], 9: [int(Kind.END)]}, 15)
    assert found[:6] == [EXEC, CLEAR, CLEAR, CLEAR, OPEN, RECEIVE]
    assert s.counters[0, Counter.WEIGHT_WRITES] == 3 * SLICES + 8
    assert s.counters[0, Counter.BEATS] == 0


def test_loops_and_jumps() -> None:
    """LOOP falls through after its passes, and its counter is free again."""
    c = blank(program=program({"opcode": Opcode.LOOP, "group": 1, "target": 0, "count": 3}, {"opcode": Opcode.JUMP, "target": 0}))
    s = initial_state(c)
    found = []
    for cycle in range(8):
        found.append(int(s.integrates[0].pc))
        integrate(c, s, cycle, 0)
    assert found == [0, 0, 0, 1, 0, 0, 0, 1]


def test_a_credit_waits_for_the_router() -> None:
    c = blank(program=program({"opcode": Opcode.ACC}, {"opcode": Opcode.HALT}), link_queue_depth=1)
    s = initial_state(c)
    push(s.queues, LOCAL, 0, 0)
    end_cycle(s.queues, -1)
    for cycle in range(5):
        integrate(c, s, cycle, 0)
    assert s.integrates[0].state == OPEN and s.trace.count[0] == 0
