"""Link: the framed, checksummed protocol in which a host reads and writes a board's memory and registers over a serial line.

Served by the firmware, or on boards without a processor by a unit in the RTL.
"""

from __future__ import annotations

from enum import IntEnum

from .image import IMAGE_CRC_POLYNOMIAL

LINK_FLAG = 0x7E  # between frames; never within one
LINK_ESCAPE = 0x7D  # before a byte that is FLAG or ESCAPE, which follows with LINK_ESCAPE_BIT turned over
LINK_ESCAPE_BIT = 0x20
LINK_MAX_WORDS = 64  # read or written by one request
LINK_CRC_POLYNOMIAL = IMAGE_CRC_POLYNOMIAL
LINK_CRC_BYTES = 4
DEFAULT_BAUD = 115200  # of the boards and of the host; no part of the protocol, so not of the fingerprint


class LinkOp(IntEnum):
    """What a request asks for."""

    READ = 1
    WRITE = 2
    IMAGE = 3


LINK_OP_DOC = {
    LinkOp.READ: "address (4 bytes), words (1 byte): the answer holds the words",
    LinkOp.WRITE: "address (4 bytes), words to write there and behind",
    LinkOp.IMAGE: "nothing: run the program image in main memory; its lines precede the answer, which holds the firmware's status and the CRC-32 of the lines' bytes, each a word",
}


class LinkStatus(IntEnum):
    """How a request was answered."""

    OK = 0
    REFUSED = 1
    FAULT = 2


LINK_STATUS_DOC = {
    LinkStatus.OK: "done",
    LinkStatus.REFUSED: "not a request that this board serves: operation, length, or an address that is no multiple of 4",
    LinkStatus.FAULT: "an address that does not exist, or that is not for the host (boot RAM, serial port); the words before it were written",
}

LINK_DOC = (
    "A frame is sequence number (1 byte), operation of a request or status of an answer (1 byte), content, and the CRC-32 of all that, lowest byte first; words and addresses are "
    "little-endian. Before and after a frame stands FLAG; FLAG and ESCAPE within it are escaped. Frames that are too short or long, or whose CRC does not fit, are not answered. "
    "Every other request is answered once, with its sequence number; addresses are byte addresses of the SoC. The host sends the next request, with another sequence number, when it has the "
    "answer, and the same one again when none comes in time. A WRITE or IMAGE with the sequence number of the last request served is answered as that was, and not carried out again. So a request "
    "takes effect once, or the host knows that it may not have. A host begins with a READ, so that its first WRITE is not taken for a repetition."
)
