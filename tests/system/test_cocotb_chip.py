"""The whole chip under cocotb, over its register bus: a second opinion on the C++ harness that `verify` uses."""

import json
from pathlib import Path

import numpy as np
from shiftfire.compiler.compile import compile_network
from shiftfire.system.plan import counter_clear_image, counter_read_image, plan_run
from shiftfire.system.simulate import SystemModel
from shiftfire.system.trace import events_from_rows
from shiftfire_hw.testing.runner import run_cocotb
from shiftfire_hw.verilog import CHIP_MODULE, generate
from shiftfire_spec.chip import load_chip
from shiftfire_spec.events import EventKind
from shiftfire_spec.fingerprint import contract_fingerprint
from shiftfire_spec.inject import COLLECT_PACKET, COLLECT_STAMP
from support.random_networks import random_network

BENCHES = Path(__file__).parents[1] / "hw" / "benches"


def test_cocotb_sees_the_cycles_counters_and_packets_of_the_simulator(tmp_path: Path) -> None:
    chip = load_chip("nano")
    network, inputs = random_network(np.random.default_rng(1), chip)
    program = compile_network(network, chip)
    plan = plan_run(program, inputs)
    model = SystemModel(plan)
    model.simulate()
    config = np.concatenate([counter_clear_image(program), program.image])
    readback = counter_read_image(program)
    words = np.concatenate([config.ravel(), plan.injection.words, readback.ravel()])
    inject = config.size
    read = inject + len(plan.injection.words)
    events = events_from_rows(model.trace_rows())
    collected = [
        (
            COLLECT_PACKET.pack(axon=int(e["axon"]), payload=int(e["payload"]), tag=int(e["tag"])),
            COLLECT_STAMP.pack(kind=int(e["kind"]), cycle=int(e["cycle"])),
        )
        for e in events[events["event"] == EventKind.COLLECT]
    ]
    job = {
        "words": words.tolist(),
        "spare": len(readback) + 2 * plan.collect_packets,
        "latency": chip.memory_latency_cycles,
        "fingerprint": contract_fingerprint(),
        "configure": {"CONFIG_BASE": 0, "CONFIG_COUNT": len(config)},
        "config_cycles": model.config_cycles,
        "run": {
            "INJECT_BASE": inject,
            "INJECT_COUNT": len(plan.injection.words),
            "COLLECT_BASE": len(words) + len(readback),
            "COLLECT_LIMIT": plan.collect_packets,
            "COLLECT_ENDS": plan.collect_ends,
        },
        "cycles": model.run_cycles,
        "collected": collected,
        "readback": {"CONFIG_BASE": read, "CONFIG_COUNT": len(readback), "READ_BASE": len(words)},
        "counters": (model.state.counters.ravel() % (1 << chip.counter_bits)).tolist(),
    }
    assert collected
    (tmp_path / "job.json").write_text(json.dumps(job))
    text = generate(chip).replace(f"module {CHIP_MODULE}(", "module top(")
    assert (
        run_cocotb(
            text, name="chip-nano", test_module="bench_chip", bench_directory=BENCHES, parameters={"JOB": tmp_path / "job.json"}
        )
        == 1
    )
