"""Program image: a compiled program with inputs and expected predictions, for the firmware of the SoC."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from shiftfire_spec import image
from shiftfire_spec.chip import ChipConfig
from shiftfire_spec.errors import UserError
from shiftfire_spec.fingerprint import contract_fingerprint
from shiftfire_spec.packet import decode_payload

from ..compiler.program import Program
from ..network.graph import Readout
from ..system.plan import SPARE_PACKETS, RunPlan
from ..system.readout import channels_by_axon

DEFAULT_LIMIT_CYCLES = 1 << 30
_WORD = 1 << 32

Words = NDArray[np.uint32]


class ImageError(UserError, ValueError):
    """What was asked for does not make an image; the message names it and the remedy."""


def check_program(program: Program, samples: int, per_run: int) -> None:
    """Raise ImageError when no image of the program can have these samples, ``per_run`` at a time."""
    network = program.network
    if network.readout is Readout.NONE:
        raise ImageError(f"network {network.name} has no read-out: the firmware has no prediction to compare")
    if network.readout not in (Readout.SUM, Readout.EVENT):
        raise ImageError(f"network {network.name} has readout '{network.readout}': the firmware sums; use 'sum'")
    classes = network.layer(network.output).shape.channels
    if classes > image.IMAGE_MAX_CLASSES:
        raise ImageError(f"network {network.name} has {classes} classes: an image has {image.IMAGE_MAX_CLASSES} at most")
    if not 1 <= per_run <= image.IMAGE_MAX_SAMPLES:
        raise ImageError(f"{per_run} samples per run are out of range: 1..{image.IMAGE_MAX_SAMPLES}")
    runs = -(-samples // per_run)
    if runs > image.IMAGE_MAX_RUNS:
        raise ImageError(f"{samples} samples, {per_run} per run, make {runs} runs: an image has {image.IMAGE_MAX_RUNS} at most")


def program_image(plans: Sequence[RunPlan], *, limit_cycles: int = DEFAULT_LIMIT_CYCLES) -> Words:
    """Words of the image of one program's runs; ``limit_cycles`` is when the firmware gives a run up.

    The same plans give the same words. Raises ImageError.
    """
    program = plans[0].program
    check_program(program, sum(plan.samples for plan in plans), max(plan.samples for plan in plans))
    if not 1 <= limit_cycles < _WORD:
        raise ImageError(f"limit of {limit_cycles} cycles is out of range: 1..{_WORD - 1}")
    layer = program.network.layer(program.network.output)
    parts = _Parts()
    config = plans[0].configuration(program.image)
    header = {
        "MAGIC": image.IMAGE_MAGIC,
        "VERSION": image.IMAGE_VERSION,
        "FINGERPRINT": contract_fingerprint(),
        "CHIP_DIGEST": image.chip_digest(program.chip),
        "CONFIG": parts.put(config),
        "CONFIG_ENTRIES": len(config),
        "RUNS": parts.put(_records(image.RUN, [_run(parts, plan, limit_cycles) for plan in plans])),
        "RUN_COUNT": len(plans),
        "OUTPUTS": parts.put(_records(image.OUTPUT, _outputs(parts, program))),
        "OUTPUT_COUNT": len(program.output_cores()),
        "VALUES": parts.put([decode_payload(layer.payload_kind, p) % _WORD for p in range(image.IMAGE_VALUES)]),
        "CLASSES": layer.shape.channels,
    }
    header["WORDS"] = parts.size + 1
    if header["WORDS"] > image.IMAGE_MAX_WORDS:
        raise ImageError(f"the image has {header['WORDS']} words, more than {image.IMAGE_MAX_WORDS}: export fewer samples")
    body = np.concatenate([_records(image.HEADER, [header]), _name(program.network.name), *parts.words])
    return np.append(body, np.uint32(crc(body)))


def read_image_file(path: Path) -> Words:
    """Words of an image's file, not looked at any further: that is the firmware's part. Raises ImageError, OSError."""
    size = path.stat().st_size
    if not path.is_file() or not 0 < size <= 4 * image.IMAGE_MAX_WORDS or size % 4:
        raise ImageError(f"image {path} has {size} bytes: give a file that `shiftfire export --firmware-image` wrote")
    return np.fromfile(path, "<u4").astype(np.uint32)


def check_image(words: Words, path: Path, chip: ChipConfig | None) -> None:
    """Raise ImageError, naming ``path``, for what the firmware would refuse at once: no image, a damaged or outdated one, or one of another chip (None: not known here)."""
    header = dict(zip(image.HEADER_INDEX, map(int, words), strict=False))
    if len(words) <= image.HEADER_WORDS or header["MAGIC"] != image.IMAGE_MAGIC or header["VERSION"] != image.IMAGE_VERSION:
        raise ImageError(
            f"image {path} is no program image of version {image.IMAGE_VERSION}: give a file that `shiftfire export --firmware-image` wrote"
        )
    if header["WORDS"] != len(words) or crc(words[:-1]) != int(words[-1]):
        raise ImageError(f"image {path} is damaged (its length or its CRC does not agree): export it again")
    if header["FINGERPRINT"] != contract_fingerprint():
        raise ImageError(
            f"image {path} was made for contract {header['FINGERPRINT']:#010x}, this is {contract_fingerprint():#010x}: export it again"
        )
    if chip is not None and header["CHIP_DIGEST"] != image.chip_digest(chip):
        raise ImageError(
            f"image {path} was made for another chip than {chip.name}: name its own with --chip, or export it for this one"
        )


def crc(words: Words) -> int:
    """The CRC-32 that follows these words."""
    return zlib.crc32(words.astype("<u4").tobytes())


class _Parts:
    """What lies behind the header, in order."""

    def __init__(self) -> None:
        self.words: list[Words] = []
        self.size = image.HEADER_WORDS

    def put(self, words: Sequence[int] | NDArray[np.integer]) -> int:
        """Add words; returns the number of the first."""
        start = self.size
        self.words.append(np.asarray(words, np.uint32).ravel())
        self.size += self.words[-1].size
        return start


def _records(words: Sequence[image.Word], rows: Sequence[dict[str, int]]) -> Words:
    return np.array([[row[word.name] for word in words] for row in rows], np.uint32).ravel()


def _name(name: str) -> Words:
    """The header's last words."""
    room = 4 * image.IMAGE_NAME_WORDS
    return np.frombuffer(name.encode("ascii", "replace")[:room].ljust(room, b"\0"), "<u4").astype(np.uint32)


def _run(parts: _Parts, plan: RunPlan, limit_cycles: int) -> dict[str, int]:
    assert plan.predictions is not None
    return {
        "INJECT": parts.put(plan.injection.words),
        "INJECT_WORDS": len(plan.injection.words),
        "EXPECTED": parts.put(plan.predictions),
        "SAMPLES": plan.samples,
        "ENDS": plan.collect_ends,
        "PACKETS": plan.collect_packets + SPARE_PACKETS,
        "LIMIT_CYCLES": limit_cycles,
        "DRAIN": int(plan.drains),
    }


def _outputs(parts: _Parts, program: Program) -> list[dict[str, int]]:
    rows = []
    for core in program.output_cores():
        classes = channels_by_axon(program, core)
        rows.append(
            {
                "TAG": program.stream_of(core.tile).tag,
                "VECTORS": program.network.layer(core.layer).timesteps,
                "AXONS": parts.put(np.where(classes < 0, image.IMAGE_NO_CLASS, classes)),
                "AXON_COUNT": len(classes),
            }
        )
    return rows
