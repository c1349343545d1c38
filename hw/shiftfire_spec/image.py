"""Program image: a compiled network with inputs and expected predictions, as the firmware reads it from main memory."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from .chip import ChipConfig

IMAGE_MAGIC = int.from_bytes(b"SFIM", "little")
IMAGE_VERSION = 2
IMAGE_MAX_WORDS = 1 << 22
IMAGE_MAX_RUNS = 1 << 10
IMAGE_MAX_SAMPLES = 1 << 12  # of a run
IMAGE_MAX_CLASSES = 1 << 10
IMAGE_MAX_OUTPUTS = 256  # streams that predictions are read from
IMAGE_NAME_WORDS = 8
IMAGE_VALUES = 256  # of the table of payload values: one per payload
IMAGE_NO_CLASS = 0xFFFF_FFFF  # an axon that is no class
IMAGE_CRC_POLYNOMIAL = 0xEDB8_8320  # CRC-32 as of zlib and Ethernet: reflected, initial value and final inversion all ones


@dataclass(frozen=True)
class Word:
    """A word of a header or record."""

    name: str
    doc: str


HEADER = (
    Word("MAGIC", '"SFIM", first letter in the lowest byte'),
    Word("VERSION", "of this format"),
    Word("WORDS", "words of the whole image, header and CRC included"),
    Word("FINGERPRINT", "contract fingerprint, as in the I/O tile's register"),
    Word("CHIP_DIGEST", "digest of the chip's parameters, as in the SoC's register"),
    Word("CONFIG", "first word of the configuration image, for the I/O tile's CONFIG_BASE"),
    Word("CONFIG_ENTRIES", "its entries, two words each"),
    Word("RUNS", "first word of the table of runs"),
    Word("RUN_COUNT", "records of the table, `run` below"),
    Word("OUTPUTS", "first word of the table of streams that predictions are read from"),
    Word("OUTPUT_COUNT", "records of the table, `output` below"),
    Word("VALUES", "first word of the table of payload values: two's complement, by payload"),
    Word("CLASSES", "channels of the read-out: a prediction is less than this"),
)
RUN = (
    Word("INJECT", "first word of the injection program, for INJECT_BASE"),
    Word("INJECT_WORDS", "its words"),
    Word("EXPECTED", "first of the expected predictions, one word per sample"),
    Word("SAMPLES", "samples of the run"),
    Word("ENDS", "END packets that end it, for COLLECT_ENDS"),
    Word("PACKETS", "room for collected packets, for COLLECT_LIMIT"),
    Word("LIMIT_CYCLES", "cycles after which the run counts as stuck"),
    Word("DRAIN", "1: the run is started with CONTROL's drain bit, else 0"),
)
OUTPUT = (
    Word("TAG", "tag of the stream"),
    Word("VECTORS", "vectors per sample"),
    Word("AXONS", "first word of its table: the class of each axon"),
    Word("AXON_COUNT", "words of the table; axons past it are no class"),
)
NAME_INDEX = len(HEADER)  # of the model's name: ASCII, padded with zeros, in the header's last words
HEADER_WORDS = NAME_INDEX + IMAGE_NAME_WORDS
HEADER_INDEX = {word.name: index for index, word in enumerate(HEADER)}

IMAGE_DOC = (
    "Little-endian words of 32 bits, from main memory's word 0 on. Word numbers count from the image's start, and so are the fabric's memory addresses. "
    "The header comes first, the model's name ends it; the parts that it names lie anywhere between it and the last word, which is the CRC-32 of "
    "all words before it, as bytes. What is collected goes behind the image. A prediction is the first class with the largest sum over the "
    "sample's vectors: of an event, the payload's value is added to the axon's class."
)


def chip_digest(chip: ChipConfig) -> int:
    """First 32 bits of the SHA-256 of everything that the chip's RTL is made from: all parameters but name and clock."""
    parameters = [(name, value) for name, value in sorted(chip.as_dict().items()) if name not in ("name", "clock_mhz")]
    return int.from_bytes(hashlib.sha256(repr(parameters).encode()).digest()[:4], "big")
