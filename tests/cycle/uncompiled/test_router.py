"""One router among four neighbours, against the rules of docs/architecture.md section 3 written out with lists."""

from collections import deque

import numpy as np
from shiftfire.cycle.queue import end_cycle, pop, push, ready
from shiftfire.cycle.router import router
from shiftfire.cycle.state import PAYLOAD_SHIFT, TAG_SHIFT, initial_state
from shiftfire_spec.counters import Counter
from shiftfire_spec.packet import OPPOSITE, PORTS, Kind, Port
from support.blank_configuration import TAGS, blank

CENTRE = 4  # of 3 x 3
AROUND = {Port.NORTH: 1, Port.EAST: 5, Port.SOUTH: 7, Port.WEST: 3}


def test_grants_are_the_rules() -> None:
    rng = np.random.default_rng(2)
    c = blank(3, 3, routes=rng.integers(0, 1 << PORTS, (9, TAGS)))
    s = initial_state(c)
    targets = {port: tile * PORTS + OPPOSITE[port] for port, tile in AROUND.items()} | {Port.LOCAL: 9 * PORTS + CENTRE}
    inputs = [deque[tuple[int, int]]() for _ in range(PORTS)]
    served, last = [0] * PORTS, [PORTS - 1] * PORTS
    flits, granted_sometimes, credits = [0] * PORTS, 0, 0
    for cycle in range(600):
        wants = [inputs[i][0][1] & ~served[i] if inputs[i] else 0 for i in range(PORTS)]
        grants: dict[int, int] = {}
        for output in Port:
            if s.queues.count[targets[output]] < s.queues.depth[targets[output]]:
                order = [(last[output] + 1 + turn) % PORTS for turn in range(PORTS)]
                grants |= {int(output): i for i in order[::-1] if wants[i] >> output & 1}
        heads = {output: inputs[i][0][0] for output, i in grants.items()}
        before = s.queues.staged[0]
        router(c, s, cycle, CENTRE)
        pushed = {
            int(q): int(s.queues.flit[q, (s.queues.head[q] + s.queues.count[q]) % s.queues.depth[q]])
            for q in s.queues.pushed[before : s.queues.staged[0]]
        }
        credit = heads.get(Port.LOCAL, 0) & 3 == Kind.CREDIT
        assert pushed == {targets[Port(o)]: flit for o, flit in heads.items() if not (o == Port.LOCAL and credit)}
        if credit:
            assert s.fires[CENTRE].opened >> (heads[Port.LOCAL] >> PAYLOAD_SHIFT) & 1
            credits += 1
        for output, i in grants.items():
            last[output] = i
            served[i] |= 1 << output
            flits[output] += 1
            granted_sometimes += 1
        for i in range(PORTS):
            if inputs[i] and not inputs[i][0][1] & ~served[i]:
                inputs[i].popleft()
                served[i] = 0
        for target in targets.values():
            if s.queues.count[target] and rng.random() < 0.6:
                pop(s.queues, target)
        for i in range(PORTS):
            if ready(s.queues, CENTRE * PORTS + i) and rng.random() < 0.4:
                tag, kind = int(rng.integers(TAGS)), int(rng.integers(3))
                flit = kind | tag << TAG_SHIFT | int(rng.integers(4)) << PAYLOAD_SHIFT
                push(s.queues, CENTRE * PORTS + i, flit, c.routes[CENTRE, tag])
                inputs[i].append((flit, int(c.routes[CENTRE, tag])))
        end_cycle(s.queues, cycle)
        assert [len(model) for model in inputs] == s.queues.count[CENTRE * PORTS : CENTRE * PORTS + PORTS].tolist()
    assert granted_sometimes > 300 and credits > 10
    assert s.counters[CENTRE, Counter.FLITS_NORTH : Counter.FLITS_NORTH + PORTS].tolist() == flits
