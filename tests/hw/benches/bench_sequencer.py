"""Sequencer against the state table of docs/architecture.md "Integrate", on random programs and a random surrounding."""

import cocotb
from shiftfire_hw.testing.streams import Bench
from shiftfire_spec.address import Space
from shiftfire_spec.core_program import INSTRUCTION, LOOP_COUNTERS, Opcode
from shiftfire_spec.stream import RING
from unit_chips import CHIPS
from units import Unit

PROGRAMS = 36
CYCLES = 150
OPCODES = (Opcode.ACC, Opcode.ACC, Opcode.LOAD, Opcode.FIRE, Opcode.FIRE, Opcode.LOOP, Opcode.JUMP, Opcode.STEP)


class Machine:
    """The table, with the surroundings answering at random. State is that of the start of the cycle."""

    def __init__(self, bench, name, chip):
        self.bench, self.chip, self.unit = bench, chip, Unit(bench.dut, f"sequencer_{name}")
        self.visited = {"EXEC": 0, "CLEAR": 0, "OPEN": 0, "RECEIVE": 0, "DRAIN": 0, "STEP": 0}
        self.executed = dict.fromkeys(Opcode, 0)
        self.waits = self.halts = 0
        self.unit.set(config__write=0, config__space=Space.PROGRAM, run=0)
        self.restart([])

    def restart(self, program):
        self.program, self.state, self.pc, self.bank = program, "EXEC", 0, 0
        self.loops, self.group, self.ends, self.fire_left = [0] * LOOP_COUNTERS, 0, 0, 0
        self.loading, self.discarding, self.cleared, self.opened = False, False, 0, 0
        self.ring_base = self.steps_left = self.moved = 0
        self.ring_words = 1 + len(program) % 2  # registers of the core
        self.ring_length = self.ring_words * 3

    def random_program(self):
        rng, words = self.bench.random, self.chip.program_words
        opcodes = [opcode for opcode in OPCODES if opcode is not Opcode.LOAD or self.chip.dynamic_weights]
        opcodes = [opcode for opcode in opcodes if opcode is not Opcode.STEP or self.chip.delay_words]
        counts = [rng.choice((1, 2, 3, 7)) for _ in range(LOOP_COUNTERS)]  # loops that share a counter agree on the passes
        program = []
        for address in range(words - 1):
            opcode = rng.choice(opcodes) if address or rng.random() < 0.9 else Opcode.HALT
            if address and rng.random() < 0.05:
                opcode = Opcode.HALT
            fields = {
                "opcode": opcode,
                "first": rng.randrange(2),
                "hold": rng.randrange(2),
                "discard": rng.randrange(2),
                "target": rng.randrange(address + 1),
            }
            fields["group"] = rng.randrange(LOOP_COUNTERS if opcode is Opcode.LOOP else self.chip.stream_groups)
            fields["count"] = counts[fields["group"]] if opcode is Opcode.LOOP else rng.getrandbits(16)
            if opcode is Opcode.JUMP and rng.random() < 0.7:
                fields["target"] = rng.randint(address + 1, words - 1)
            program.append(fields)
        return [*program, {"opcode": Opcode.JUMP, "target": 0}]

    def drive(self):
        rng = self.bench.random
        self.sources = 1 + (self.opened * 3 + len(self.program)) % 5  # a register of the open group: stable while it is open
        self.load_rows = (self.opened + len(self.program)) % 5  # likewise
        self.credit_ready, self.drained = rng.random() < 0.5, rng.random() < 0.5
        self.end_seen = self.state == "RECEIVE" and rng.random() < 0.6
        away = self.state == "RECEIVE" and self.chip.chains and self.group != self.opened
        self.chain_next = self.state == "RECEIVE" and self.chip.chains and self.group < 7 and rng.random() < 0.3
        self.chain_back = away and not self.chain_next and rng.random() < 0.4
        self.end_seen = self.end_seen and not away and not self.chain_next  # an END comes under the open group
        self.unit.set(ring=RING.pack(words=self.ring_words, length=self.ring_length))
        self.unit.set(chain=int(self.chain_next) | int(self.chain_back) << 1)
        self.unit.set(credit__ready=self.credit_ready, drained=self.drained, end_seen=self.end_seen)
        self.unit.set(fire__idle=int(self.fire_left == 0), sources=self.sources, load_rows=self.load_rows)

    def observe(self):
        instruction = self.program[self.pc] if self.program else {"opcode": Opcode.HALT}
        fires = self.state == "EXEC" and instruction["opcode"] is Opcode.FIRE
        starts = fires and self.fire_left == 0
        expected = {
            "credit__request": self.state == "OPEN",
            "receiving": self.state == "RECEIVE",
            "fire__start": starts,
            "waiting_fire": fires and not starts,
            "fire__bank": self.bank,
            "loading": self.loading,
            "discarding": self.discarding and self.chip.feedback,
            "halted": self.state == "EXEC" and instruction["opcode"] is Opcode.HALT,
            "clear": self.state == "CLEAR",
            "step": self.state == "STEP",
            "ring_base": self.ring_base,
            "steps_left": self.steps_left,
        }
        if self.state == "STEP":
            expected["step_index"] = self.moved
        if self.state == "CLEAR":
            expected["clear_index"] = self.cleared
        if starts:
            expected |= {"fire__first": instruction["first"], "fire__hold": instruction["hold"]}
        if self.state != "EXEC":
            expected["group_index"] = self.group
        seen = {port: self.unit.get(port) for port in expected}
        assert seen == expected, f"{self.chip.name}, cycle {self.bench.cycles}: {self.state}, pc {self.pc}, {instruction}"
        self.visited[self.state] += 1
        self.waits += fires and not starts
        self.fire_left = max(0, self.fire_left - 1)
        getattr(self, f"_{self.state.lower()}")(instruction, starts)

    def _exec(self, instruction, starts):
        opcode = instruction["opcode"]
        self.executed[opcode] += 1
        if opcode is Opcode.ACC:
            self.group, self.pc, self.state, self.loading = instruction["group"], self.pc + 1, "OPEN", False
            self.opened = self.group
            self.discarding = bool(instruction["discard"])
        elif opcode is Opcode.LOAD:
            self.group, self.pc, self.state, self.loading, self.cleared = instruction["group"], self.pc + 1, "CLEAR", True, 0
            self.discarding, self.opened = False, self.group
        elif starts:
            self.pc += 1
            self.bank ^= not instruction["hold"]
            self.fire_left = self.bench.random.randint(1, 8)
        elif opcode is Opcode.LOOP:
            counter = instruction["group"]
            self.loops[counter] += 1
            again = self.loops[counter] < instruction["count"]
            if not again:
                self.loops[counter] = 0
            self.pc = instruction["target"] if again else self.pc + 1
        elif opcode is Opcode.JUMP:
            self.pc = instruction["target"]
        elif opcode is Opcode.STEP and self.chip.delay_words:
            self.pc += 1
            if instruction["first"]:
                self.steps_left = instruction["count"]
            else:
                self.steps_left = (self.steps_left - 1) % 2**16
                self.ring_base = (self.ring_base + self.ring_words) % self.ring_length
                self.state, self.moved = "STEP", 0

    def _step(self, _instruction, _starts):
        self.moved += 1
        if self.moved == self.ring_words:
            self.state = "DRAIN"

    def _clear(self, _instruction, _starts):
        self.cleared += 1
        if self.cleared >= self.load_rows:
            self.state = "OPEN"

    def _open(self, _instruction, _starts):
        self.ends = 0
        if self.credit_ready:
            self.state = "RECEIVE"

    def _receive(self, _instruction, _starts):
        self.group = self.group + 1 if self.chain_next else self.opened if self.chain_back else self.group
        self.ends += self.end_seen
        if self.ends == self.sources:
            self.state = "DRAIN"

    def _drain(self, _instruction, _starts):
        if self.drained:
            self.state = "EXEC"


@cocotb.test()
async def random_programs(dut):
    bench = Bench(dut)
    machines = [Machine(bench, name, chip) for name, chip in CHIPS.items()]
    await bench.start()
    for _ in range(PROGRAMS):
        bench.agents.clear()
        programs = [machine.random_program() for machine in machines]
        dut.rst.value = 1
        for address in range(max(len(program) for program in programs)):
            for machine, program in zip(machines, programs, strict=True):
                inside = address < len(program)
                word = INSTRUCTION.pack(**program[address]) if inside else 0
                machine.unit.set(run=0, config__write=int(inside), config__offset=address, config__word=word)
            await bench.cycle()
        for machine, program in zip(machines, programs, strict=True):
            machine.unit.set(config__write=0, run=1)
            machine.restart(program)
        dut.rst.value = 0
        bench.agents.extend(machines)
        await bench.cycle(CYCLES)
    total = {opcode: sum(machine.executed[opcode] for machine in machines) for opcode in Opcode}
    assert all(total[opcode] > 20 for opcode in OPCODES) and total[Opcode.HALT], total
    assert sum(machine.waits for machine in machines) > 20
