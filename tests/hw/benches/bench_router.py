"""Router against two independent models: the documented cycle rules, and what multicast promises."""

from collections import deque

import cocotb
from chips import chip_of_run
from shiftfire_hw.testing.streams import Bench, StreamDriver, StreamMonitor, value
from shiftfire_spec.packet import FLIT, PORTS


class CycleModel:
    """docs/architecture.md "Router", written down with lists and index arithmetic; compared with the design in every cycle."""

    def __init__(self, bench, depth):
        self.bench, self.depth = bench, depth
        self.table = {}
        self.queues = [deque() for _ in range(PORTS)]  # [flit, ports still wanted]
        self.last = [PORTS - 1] * PORTS
        self.i = [{n: getattr(bench.dut, f"i__{p}__{n}") for n in ("payload", "valid", "ready")} for p in range(PORTS)]
        self.o = [{n: getattr(bench.dut, f"o__{p}__{n}") for n in ("payload", "valid", "ready")} for p in range(PORTS)]

    def drive(self):
        pass

    def observe(self):
        where = f"cycle {self.bench.cycles}"
        accepted = []
        for port in range(PORTS):
            ready = len(self.queues[port]) < self.depth
            assert value(self.i[port]["ready"]) == ready, f"{where}: i[{port}].ready"
            if ready and value(self.i[port]["valid"]):
                flit = value(self.i[port]["payload"])
                accepted.append((port, flit, self.table.get(FLIT.unpack(flit)["tag"], 0)))
        transfers = []
        for output in range(PORTS):
            wanting = [p for p in range(PORTS) if self.queues[p] and output in self.queues[p][0][1]]
            assert value(self.o[output]["valid"]) == bool(wanting), f"{where}: o[{output}].valid"
            if wanting:
                winner = min(wanting, key=lambda p: (p - self.last[output] - 1) % PORTS)
                assert value(self.o[output]["payload"]) == self.queues[winner][0][0], f"{where}: o[{output}].payload"
                if value(self.o[output]["ready"]):
                    transfers.append((output, winner))
        assert value(self.bench.dut.granted) == sum(1 << output for output, _ in transfers), f"{where}: granted"
        for output, winner in transfers:
            self.last[output] = winner
            self.queues[winner][0][1].discard(output)
        for queue in self.queues:
            if queue and not queue[0][1]:
                queue.popleft()
        for port, flit, mask in accepted:
            self.queues[port].append([flit, {p for p in range(PORTS) if mask >> p & 1}])

    def empty(self):
        return not any(self.queues)


async def write_table(bench, model, table):
    dut = bench.dut
    for tag, mask in table.items():
        dut.table_address.value, dut.table_data.value, dut.table_write.value = tag, mask, 1
        await bench.cycle()
        model.table[tag] = mask
    dut.table_write.value = 0


async def setup(dut, *, idle=0.0, stall=0.0):
    bench = Bench(dut)
    dut.table_write.value = 0
    drivers = [bench.add(StreamDriver(bench, f"i__{port}", idle=idle)) for port in range(PORTS)]
    monitors = [bench.add(StreamMonitor(bench, f"o__{port}", stall=stall)) for port in range(PORTS)]
    model = bench.add(CycleModel(bench, chip_of_run().link_queue_depth))
    await bench.start()
    return bench, drivers, monitors, model


def check_delivery(drivers, monitors, table):
    """Every flit exactly once on every branch of its mask, and in order for each (input, output). The axon names its input."""
    for output, monitor in enumerate(monitors):
        for port, driver in enumerate(drivers):
            wanted = [flit for _, flit in driver.sent if table[FLIT.unpack(flit)["tag"]] >> output & 1]
            got = [flit for _, flit in monitor.taken if FLIT.unpack(flit)["axon"] % PORTS == port]
            assert got == wanted, f"input {port} to output {output}: {len(got)} of {len(wanted)} flits, or out of order"


def random_flit(rng, port, number, tags):
    return FLIT.pack(
        kind=rng.randrange(3), tag=rng.randrange(tags), axon=(number * PORTS + port) % (1 << 16), payload=rng.getrandbits(8)
    )


async def multicast(dut, *, idle, stall, flits):
    bench, drivers, monitors, model = await setup(dut, idle=idle, stall=stall)
    rng, tags = bench.random, chip_of_run().tags
    table = {tag: rng.randrange(1 << PORTS) if rng.random() < 0.9 else 0 for tag in range(tags)}
    await write_table(bench, model, table)
    for port, driver in enumerate(drivers):
        driver.queue.extend(random_flit(rng, port, number, tags) for number in range(flits))
    await bench.until(lambda: not any(d.queue for d in drivers) and model.empty(), limit=80 * flits, what="delivery of all flits")
    assert [len(driver.sent) for driver in drivers] == [flits] * PORTS
    check_delivery(drivers, monitors, table)


@cocotb.test()
async def multicast_without_stalls(dut):
    await multicast(dut, idle=0.0, stall=0.0, flits=200)


@cocotb.test()
async def multicast_under_back_pressure(dut):
    await multicast(dut, idle=0.1, stall=0.6, flits=150)


@cocotb.test()
async def multicast_with_idle_inputs(dut):
    await multicast(dut, idle=0.8, stall=0.2, flits=60)


@cocotb.test()
async def fair_turns(dut):
    """All inputs want one output all the time: it serves them in turn, from port 0, one flit per cycle."""
    bench, drivers, monitors, model = await setup(dut)
    await write_table(bench, model, {1: 1 << 2})
    for port, driver in enumerate(drivers):
        driver.queue.extend(FLIT.pack(tag=1, axon=port) for _ in range(20))
    await bench.until(lambda: len(monitors[2].taken) == 100, limit=200, what="100 flits")
    assert [FLIT.unpack(flit)["axon"] for _, flit in monitors[2].taken] == [turn % PORTS for turn in range(100)]
    cycles = [cycle for cycle, _ in monitors[2].taken]
    assert cycles == list(range(cycles[0], cycles[0] + 100))


@cocotb.test()
async def one_cycle_per_hop(dut):
    bench, drivers, monitors, model = await setup(dut)
    await write_table(bench, model, {0: 0b10011})
    drivers[3].queue.append(FLIT.pack(tag=0, axon=3))
    await bench.cycle(4)
    sent = drivers[3].sent[0][0]
    assert [monitor.taken[0][0] if monitor.taken else None for monitor in monitors] == [sent + 1, sent + 1, None, None, sent + 1]


@cocotb.test()
async def reset_keeps_the_table(dut):
    bench, drivers, monitors, model = await setup(dut, stall=1.0)
    await write_table(bench, model, {1: 1})
    drivers[0].queue.append(FLIT.pack(tag=1, axon=0))
    await bench.cycle(4)
    assert not monitors[0].taken and not model.empty()
    dut.rst.value = 1
    await bench.cycle()
    dut.rst.value = 0
    model.queues, model.last = [deque() for _ in range(PORTS)], [PORTS - 1] * PORTS
    monitors[0].stall = 0.0
    await bench.cycle(3)
    assert not monitors[0].taken
    drivers[0].queue.append(FLIT.pack(tag=1, axon=5))
    await bench.cycle(4)
    assert [FLIT.unpack(flit)["axon"] for _, flit in monitors[0].taken] == [5]
