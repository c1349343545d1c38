"""The system on chip: memory map, registers of its peripherals, interrupts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

WINDOW_BYTES = 1 << 12  # of a block of registers


@dataclass(frozen=True)
class Region:
    """A region of the processor's byte addresses; ``size`` is a power of two, ``base`` a multiple of it."""

    name: str
    base: int
    size: int
    doc: str


REGIONS = (
    Region("BOOT", 0x0000_0000, 1 << 14, "boot RAM: the firmware, its data and its stack; execution starts at its first word"),
    Region(
        "MEMORY",
        0x4000_0000,
        1 << 26,
        "main memory, shared with the fabric: word n here is the fabric's memory word n; the words that exist are in SYSTEM",
    ),
    Region("UART", 0xF000_0000, WINDOW_BYTES, "serial port, 8N1"),
    Region("TIMER", 0xF000_1000, WINDOW_BYTES, "timer"),
    Region("SYSTEM", 0xF000_2000, WINDOW_BYTES, "what this SoC is, faults, reset of the fabric"),
    Region("FABRIC", 0xF001_0000, WINDOW_BYTES, "registers of the I/O tile, four bytes each"),
)
REGION = {region.name: region for region in REGIONS}


@dataclass(frozen=True)
class SocRegister:
    """A register of a peripheral: word ``index`` of its window. ``access``: ro, wo or rw."""

    name: str
    index: int
    access: str
    doc: str


def _block(*rows: tuple[str, str, str]) -> tuple[SocRegister, ...]:
    return tuple(SocRegister(name, index, access, doc) for index, (name, access, doc) in enumerate(rows))


UART_REGISTERS = _block(
    ("TRANSMIT", "wo", "low eight bits: a byte to send; lost unless there is room"),
    ("RECEIVE", "ro", "the oldest byte received, which is taken; bit 8: there was one"),
    (
        "STATUS",
        "ro",
        "bit 0 room to send, bit 1 a byte received, bit 2 still sending, bit 3 a byte was lost, bit 4 a stop bit was missing",
    ),
    ("CLEAR", "wo", "any value: clears bits 3 and 4 of STATUS"),
    ("DIVISOR", "rw", "clock cycles per bit, at least 4"),
)
UART_STATUS_ROOM, UART_STATUS_RECEIVED, UART_STATUS_SENDING, UART_STATUS_LOST, UART_STATUS_FRAMING = range(5)
UART_RECEIVE_VALID = 8  # bit of RECEIVE
UART_FIFO_BYTES = 16
UART_DIVISOR_BITS = 16
UART_LEAST_DIVISOR = 4

TIMER_REGISTERS = _block(
    ("LOAD", "wo", "cycles until the interrupt, counted from the write; 0 stops the timer; either clears the interrupt"),
    ("VALUE", "ro", "cycles left; 0 when it is not running"),
    ("CYCLES", "ro", "cycles since reset, modulo 2^32"),
)

SYSTEM_REGISTERS = _block(
    ("CHIP_DIGEST", "ro", "digest of the chip's parameters, see program image"),
    ("CLOCK_KHZ", "ro", "nominal clock in kHz"),
    ("MEMORY_WORDS", "ro", "words of main memory"),
    ("FAULT", "ro", "bit 0 the fabric asked for a memory word that does not exist, bit 1 an access of the processor failed"),
    ("DMA_ADDRESS", "ro", "memory word address of the first of the fabric's faults"),
    ("BUS_ADDRESS", "ro", "byte address (of the word) of the first of the processor's faults"),
    ("CLEAR", "wo", "any value: clears FAULT"),
    ("FABRIC_RESET", "wo", "any value: resets the fabric, but for the content of its memories"),
    ("RESETTING", "ro", "bit 0 the fabric is in reset: until its last memory request is answered, one cycle at least"),
    ("EXIT", "wo", "the firmware is done: the value goes to the pins exit_code, and the pin halted rises"),
)
FAULT_DMA, FAULT_BUS = 0, 1

BLOCKS: dict[str, tuple[SocRegister, ...]] = {"UART": UART_REGISTERS, "TIMER": TIMER_REGISTERS, "SYSTEM": SYSTEM_REGISTERS}


class Interrupt(IntEnum):
    """Bit of the processor's external interrupts."""

    FABRIC = 0
    TIMER = 1
    UART = 2
    FAULT = 3


INTERRUPT_DOC = {
    Interrupt.FABRIC: "the I/O tile's interrupt is pending",
    Interrupt.TIMER: "the timer has run out",
    Interrupt.UART: "a byte was received",
    Interrupt.FAULT: "FAULT of SYSTEM is not 0",
}

# Control and status registers of the processor (VexRiscv's interrupt extension): which interrupts count, and which of them are pending.
CSR_INTERRUPT_MASK = 0xBC0
CSR_INTERRUPT_PENDING = 0xFC0


def register_address(block: str, name: str) -> int:
    """Byte address of a peripheral's register."""
    return REGION[block].base + 4 * next(register.index for register in BLOCKS[block] if register.name == name)
