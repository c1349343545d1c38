"""Queues against lists."""

from collections import deque

import numpy as np
from shiftfire.cycle.queue import end_cycle, head, pop, push, ready
from shiftfire.cycle.state import initial_state
from support.blank_configuration import blank


def test_queues_are_first_in_first_out_and_change_at_the_end_of_the_cycle() -> None:
    rng = np.random.default_rng(0)
    q = initial_state(blank(2, 1, link_queue_depth=3, ingress_queue_depth=1)).queues
    models = [deque[int]() for _ in q.depth]
    moved = 0
    for cycle in range(400):
        staged = []
        for queue, (model, depth) in enumerate(zip(models, q.depth, strict=True)):
            assert ready(q, queue) == (len(model) < depth)
            if model:
                assert head(q, queue) == model[0]
            if len(model) < depth and rng.random() < 0.5:
                push(q, queue, cycle * 100 + queue, 0)
                staged.append((model, cycle * 100 + queue))
            if model and rng.random() < 0.5:
                pop(q, queue)
                staged.append((model, None))
        assert [len(model) for model in models] == q.count.tolist()
        moved = cycle if staged else moved
        for model, item in sorted(staged, key=lambda pair: pair[1] is not None):
            model.popleft() if item is None else model.append(item)
        end_cycle(q, cycle)
        assert q.moved[0] == moved
