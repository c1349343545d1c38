"""Drivers of the firmware against mocked registers."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest
from shiftfire_spec.address import CONFIG_ADDRESS, IO_REGISTER_INDEX, STATUS_OVERFLOW, Space
from shiftfire_spec.counters import COUNTERS
from shiftfire_spec.soc import (
    BLOCKS,
    FAULT_BUS,
    FAULT_DMA,
    REGION,
    UART_DIVISOR_BITS,
    UART_LEAST_DIVISOR,
    UART_RECEIVE_VALID,
    UART_STATUS_ROOM,
    UART_STATUS_SENDING,
    Interrupt,
)

OK, TIMEOUT, DMA_FAULT, OVERFLOW, BUS_FAULT = 0, 11, 12, 13, 14  # of enum sf_status: see test_status_texts
CONFIGURE, RUN, CLEAR, DRAIN = 1, 2, 4, 8


def at(block: str, name: str) -> tuple[int, int]:
    """Base and index of a register."""
    if block == "FABRIC":
        return REGION[block].base, IO_REGISTER_INDEX[name]
    return REGION[block].base, next(r.index for r in BLOCKS[block] if r.name == name)


class Job(ctypes.Structure):
    """struct io_tile_job"""

    _fields_ = [(name, ctypes.c_uint32) for name in ("inject", "inject_words", "collect", "collect_limit", "ends", "drain")]


class Result(ctypes.Structure):
    """struct io_tile_result"""

    _fields_ = [("cycles", ctypes.c_uint32), ("packets", ctypes.c_uint32)]


def text(library: ctypes.CDLL, status: int) -> str:
    library.status_text.restype = ctypes.c_char_p
    return library.status_text(status).decode()


def test_status_texts(library: ctypes.CDLL) -> None:
    """Every status has a sentence of its own, and those named above are what they are called."""
    texts = [text(library, status) for status in range(16)]
    assert len(set(texts)) == 16 and "unknown status" not in texts
    assert text(library, 16) == "unknown status"
    named = {TIMEOUT: "in time", DMA_FAULT: "fabric asked", OVERFLOW: "more packets", BUS_FAULT: "processor asked"}
    assert all(part in texts[status] for status, part in named.items())


@pytest.mark.parametrize(
    ("asked", "set_to"),
    [
        (0, UART_LEAST_DIVISOR),
        (UART_LEAST_DIVISOR, UART_LEAST_DIVISOR),
        (434, 434),
        (1 << UART_DIVISOR_BITS, (1 << UART_DIVISOR_BITS) - 1),
    ],
)
def test_uart_divisor(library: ctypes.CDLL, hardware: Any, asked: int, set_to: int) -> None:
    library.uart_set_divisor(asked)
    assert hardware.log == [(*at("UART", "DIVISOR"), set_to)]


def test_uart_put_waits_for_room(library: ctypes.CDLL, hardware: Any) -> None:
    full = iter([0, 0, 1 << UART_STATUS_ROOM])
    hardware.on_read = lambda base, index: next(full) if (base, index) == at("UART", "STATUS") else 0
    library.uart_put(0x41)
    assert hardware.log == [(*at("UART", "TRANSMIT"), 0x41)]
    assert next(full, None) is None


def test_uart_get_and_flush(library: ctypes.CDLL, hardware: Any) -> None:
    assert library.uart_get() == -1
    hardware.registers[at("UART", "RECEIVE")] = 0xFE | 1 << UART_RECEIVE_VALID
    assert library.uart_get() == 0xFE
    sending = iter([1 << UART_STATUS_SENDING, 1 << UART_STATUS_SENDING | 1, 1])
    hardware.on_read = lambda base, index: next(sending)
    library.uart_flush()
    assert next(sending, None) is None


@pytest.mark.parametrize(("number", "digits"), [(0, "0"), (7, "7"), (10, "10"), (4294967295, "4294967295"), (1000000, "1000000")])
def test_print(library: ctypes.CDLL, hardware: Any, number: int, digits: str) -> None:
    hardware.registers[at("UART", "STATUS")] = 1 << UART_STATUS_ROOM
    library.print(b"n = ")
    library.print_number(ctypes.c_uint32(number))
    library.print_hex(ctypes.c_uint32(number))
    sent = bytes(value for base, index, value in hardware.log if (base, index) == at("UART", "TRANSMIT"))
    assert sent.decode() == f"n = {digits}{number:#010x}"


def test_timer(library: ctypes.CDLL, hardware: Any) -> None:
    library.timer_start(ctypes.c_uint32(1 << 31))
    library.timer_start(0)
    library.timer_stop()
    assert [value for _, _, value in hardware.log] == [1 << 31, 1, 0]
    assert {entry[:2] for entry in hardware.log} == {at("TIMER", "LOAD")}
    hardware.registers[at("TIMER", "CYCLES")] = 99
    assert library.timer_cycles() == 99


def test_system(library: ctypes.CDLL, hardware: Any) -> None:
    for name, function in (
        ("CHIP_DIGEST", library.system_chip_digest),
        ("CLOCK_KHZ", library.system_clock_khz),
        ("MEMORY_WORDS", library.system_memory_words),
    ):
        hardware.registers[at("SYSTEM", name)] = 1234
        assert function() == 1234
    hardware.registers |= {at("SYSTEM", "DMA_ADDRESS"): 55, at("SYSTEM", "BUS_ADDRESS"): 66}
    where = ctypes.c_uint32(0)
    for fault, status, address in ((0, OK, 0), (1 << FAULT_BUS, BUS_FAULT, 66), (1 << FAULT_DMA | 1 << FAULT_BUS, DMA_FAULT, 55)):
        hardware.registers[at("SYSTEM", "FAULT")] = fault
        where.value = 0
        assert (library.system_fault(ctypes.byref(where)), where.value) == (status, address)
    library.system_clear_faults()
    assert hardware.log == [(*at("SYSTEM", "CLEAR"), 1)]


def test_the_fabric_s_reset_is_waited_for(library: ctypes.CDLL, hardware: Any) -> None:
    resetting = iter([1, 1, 0])
    hardware.on_read = lambda base, index: next(resetting)
    library.system_reset_fabric()
    assert hardware.log == [(*at("SYSTEM", "FABRIC_RESET"), 1)]
    assert next(resetting, None) is None


def test_what_the_chip_is(library: ctypes.CDLL, hardware: Any) -> None:
    hardware.registers |= {at("FABRIC", "CHIP"): 32 | 7 << 8, at("FABRIC", "FINGERPRINT"): 0x12345678}
    assert (library.io_tile_width(), library.io_tile_height(), library.io_tile_fingerprint()) == (32, 7, 0x12345678)


def controls(hardware: Any) -> list[int]:
    return [entry[2] for entry in hardware.log if entry != "wait" and entry[:2] == at("FABRIC", "CONTROL")]


FABRIC, TIMER, FAULT = 1 << Interrupt.FABRIC, 1 << Interrupt.TIMER, 1 << Interrupt.FAULT


def test_a_configuration(library: ctypes.CDLL, hardware: Any) -> None:
    """Registers first, then the start; asleep until the interrupt; then everything is quiet again."""
    hardware.pending = [0, 0, 1 << Interrupt.UART, FABRIC]
    assert library.io_tile_configure(100, 20, 300) == OK
    names = ("CONFIG_BASE", "CONFIG_COUNT", "READ_BASE")
    assert hardware.log[:3] == [(*at("FABRIC", name), value) for name, value in zip(names, (100, 20, 300), strict=True)]
    assert hardware.log.count("wait") == 3
    assert controls(hardware) == [CLEAR, CONFIGURE, CLEAR]
    loads = [entry[2] for entry in hardware.log if entry != "wait" and entry[:2] == at("TIMER", "LOAD")]
    assert loads[0] > 2 * 20 and loads[1] == 0
    assert hardware.enabled == 0


@pytest.mark.parametrize(
    ("pending", "fault", "status"),
    [([TIMER], 0, TIMEOUT), ([0, FAULT], 1 << FAULT_DMA, DMA_FAULT), ([FAULT | FABRIC], 1 << FAULT_BUS, BUS_FAULT)],
)
@pytest.mark.parametrize("runs", [False, True])
def test_what_goes_wrong_ends_in_a_reset(
    library: ctypes.CDLL, hardware: Any, pending: list[int], fault: int, status: int, runs: bool
) -> None:
    hardware.pending = pending
    hardware.registers[at("SYSTEM", "FAULT")] = fault
    done = library.io_tile_run(ctypes.byref(Job()), 9, ctypes.byref(Result())) if runs else library.io_tile_configure(0, 1, 0)
    assert done == status
    assert hardware.log[-1] == (*at("SYSTEM", "FABRIC_RESET"), 1)


@pytest.mark.parametrize("drain", [0, 1])
@pytest.mark.parametrize("overflow", [False, True])
def test_a_run(library: ctypes.CDLL, hardware: Any, overflow: bool, drain: int) -> None:
    hardware.pending = [0, FABRIC | TIMER]  # done, and only then late
    registers = {"CYCLES": 4000000000, "COLLECT_COUNT": 17, "STATUS": int(overflow) << STATUS_OVERFLOW}
    hardware.registers |= {at("FABRIC", name): value for name, value in registers.items()}
    result = Result()
    assert library.io_tile_run(ctypes.byref(Job(1, 2, 3, 4, 5, drain)), 5000, ctypes.byref(result)) == (
        OVERFLOW if overflow else OK
    )
    assert (result.cycles, result.packets) == (4000000000, 17)
    names = ("INJECT_BASE", "INJECT_COUNT", "COLLECT_BASE", "COLLECT_LIMIT", "COLLECT_ENDS")
    assert hardware.log[:5] == [(*at("FABRIC", name), value) for name, value in zip(names, (1, 2, 3, 4, 5), strict=True)]
    assert controls(hardware) == [CLEAR, RUN | DRAIN * drain, CLEAR]
    assert (*at("TIMER", "LOAD"), 5000) in hardware.log


@pytest.mark.parametrize("tiles", [1, 4, 255])
def test_images_for_the_counters(library: ctypes.CDLL, tiles: int) -> None:
    clear = (ctypes.c_uint32 * library.io_tile_clear_words(tiles))()
    read = (ctypes.c_uint32 * library.io_tile_read_words(tiles))()
    assert library.io_tile_clear_image(clear, tiles) == tiles == len(clear) // 2
    assert library.io_tile_read_image(read, tiles) == tiles * COUNTERS == len(read) // 2
    assert list(clear) == [w for t in range(tiles) for w in (CONFIG_ADDRESS.pack(space=Space.COUNTER, tile=t), 0)]
    counters = [(t, n) for t in range(tiles) for n in range(COUNTERS)]
    assert list(read) == [w for t, n in counters for w in (CONFIG_ADDRESS.pack(space=Space.COUNTER, tile=t, offset=n, read=1), 0)]
