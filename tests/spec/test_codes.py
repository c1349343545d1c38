"""Payloads and weights: every code, both ways."""

from __future__ import annotations

import pytest
from shiftfire_spec.errors import ContractError
from shiftfire_spec.packet import PAYLOAD_BITS, PAYLOAD_LIMITS, PayloadKind, decode_payload, encode_payload
from shiftfire_spec.weights import FORMATS, WeightFormat, encode_weight

VALUES = {
    PayloadKind.UNIT: [1],
    PayloadKind.COUNT: list(range(1, 256)),
    PayloadKind.SIGNED: [v for v in range(-127, 128) if v],
    PayloadKind.POW2: [s << k for k in range(32) for s in (-1, 1)],
}


@pytest.mark.parametrize("kind", PayloadKind)
def test_payloads_survive_the_round_trip(kind: PayloadKind) -> None:
    codes = [encode_payload(kind, v) for v in VALUES[kind]]
    assert len(set(codes)) == len(codes)
    assert all(0 <= c < 1 << PAYLOAD_BITS for c in codes)
    assert [decode_payload(kind, c) for c in codes] == VALUES[kind]


def test_payload_codes_by_hand() -> None:
    assert encode_payload(PayloadKind.SIGNED, -3) == 0b1000_0011
    assert encode_payload(PayloadKind.POW2, -8) == 0b1000_0011
    assert encode_payload(PayloadKind.POW2, 1) == 0
    assert decode_payload(PayloadKind.UNIT, 0) == 1  # a binary spike is 1 whatever the bits
    assert decode_payload(PayloadKind.SIGNED, 0b1000_0000) == 0  # minus zero


@pytest.mark.parametrize("kind", PayloadKind)
def test_payloads_out_of_range_are_refused(kind: PayloadKind) -> None:
    low, high = PAYLOAD_LIMITS[kind]
    for value in (low - 1, high + 1):
        with pytest.raises(ContractError, match=rf"payload {value} is out of range.*{kind.name}"):
            encode_payload(kind, value)


def test_pow2_refuses_other_numbers() -> None:
    for value in (0, 3, -6):
        with pytest.raises(ContractError, match="powers of two"):
            encode_payload(PayloadKind.POW2, value)


@pytest.mark.parametrize("fmt", [f for f, i in FORMATS.items() if i.serial])
def test_serial_weights_are_twos_complement(fmt: WeightFormat) -> None:
    info = FORMATS[fmt]
    assert (info.minimum, info.maximum) == (-(2 ** (info.bits - 1)), 2 ** (info.bits - 1) - 1)
    for value in range(info.minimum, info.maximum + 1):
        code = encode_weight(fmt, value)
        assert code.bit_length() <= info.bits
        assert code - (2**info.bits if code >> (info.bits - 1) else 0) == value


def test_one_bit_weights() -> None:
    assert [encode_weight(WeightFormat.PM1, v) for v in (-1, 1)] == [0, 1]
    assert [encode_weight(WeightFormat.BIT, v) for v in (0, 1)] == [0, 1]
    assert encode_weight(WeightFormat.ONE, 1) == 0  # nothing is stored


@pytest.mark.parametrize("fmt", WeightFormat)
def test_weights_out_of_range_are_refused(fmt: WeightFormat) -> None:
    info = FORMATS[fmt]
    for value in (info.minimum - 1, info.maximum + 1):
        with pytest.raises(ContractError, match=rf"weight {value} .*{fmt.name} holds {info.minimum}\.\.{info.maximum}"):
            encode_weight(fmt, value)
    if fmt is WeightFormat.PM1:
        with pytest.raises(ContractError, match="weight 0"):
            encode_weight(fmt, 0)
