"""The accumulator banks' words, and the ports through which the engines use them."""

from __future__ import annotations

from amaranth.hdl import Signal, signed
from amaranth.lib import data
from amaranth.lib.wiring import In, Out, PureInterface, Signature
from shiftfire_spec.chip import ChipConfig

from ..interface import TypedSignature


def bank_word(chip: ChipConfig) -> data.ArrayLayout:
    """One word of a bank: a sum for every lane."""
    return data.ArrayLayout(signed(chip.accumulator_bits), chip.lanes)


def bank_address(chip: ChipConfig) -> range:
    """Addresses of a bank's words, as a shape."""
    return range(max(2, chip.accumulator_groups))


def ring_address(chip: ChipConfig) -> range:
    """Addresses of the ring's words, as a shape."""
    return range(max(2, chip.delay_words))


class IntegrateBankPort(PureInterface):
    """Interface of `integrate_bank_port`."""

    bank: Signal
    read: Signal
    read_address: Signal
    read_data: data.View
    write: Signal
    write_address: Signal
    write_data: data.View


def integrate_bank_port(chip: ChipConfig) -> Signature:
    """Signature of the port of the integrate engine, from its side.

    It works on ``bank``. With ``read``, ``read_data`` is the word at ``read_address`` in the next cycle; with ``write``, ``write_data`` is at
    ``write_address`` at the end of the cycle, and a read of the same cycle sees it.
    """
    address, word = bank_address(chip), bank_word(chip)
    return TypedSignature(
        IntegrateBankPort,
        {
            "bank": Out(1),
            "read": Out(1),
            "read_address": Out(address),
            "read_data": In(word),
            "write": Out(1),
            "write_address": Out(address),
            "write_data": Out(word),
        },
    )


class FireBankPort(PureInterface):
    """Interface of `fire_bank_port`."""

    owns: Signal
    bank: Signal
    read: Signal
    read_address: Signal
    read_data: data.View
    clear: Signal
    clear_address: Signal


def fire_bank_port(chip: ChipConfig) -> Signature:
    """Signature of the port of the fire engine, from its side.

    It works on ``bank`` while it ``owns`` it. With ``read``, ``read_data`` is the word at ``read_address`` from the next cycle on, until the next read;
    with ``clear``, the word at ``clear_address`` is 0 at the end of the cycle, in which it must not be read.
    """
    address = bank_address(chip)
    return TypedSignature(
        FireBankPort,
        {
            "owns": Out(1),
            "bank": Out(1),
            "read": Out(1),
            "read_address": Out(address),
            "read_data": In(bank_word(chip)),
            "clear": Out(1),
            "clear_address": Out(address),
        },
    )
