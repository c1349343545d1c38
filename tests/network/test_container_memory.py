"""Files whose numbers ask for much memory: refused by their sizes, within a limit on the process's memory."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shiftfire_spec.chip import CHIP_LIMITS, load_chip

LIMIT = 3 << 29  # 1.5 GiB of data; Python with NumPy and Numba takes about 0.4
HEAD = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_DATA, ({LIMIT}, {LIMIT}))
from shiftfire.cli.main import main
sys.argv = ["shiftfire", *sys.argv[1:]]
main()
"""


def limited(*arguments: object) -> subprocess.CompletedProcess[str]:
    """A command under the limit."""
    return subprocess.run([sys.executable, "-c", HEAD, *map(str, arguments)], capture_output=True, text=True, timeout=300)


def refused(ran: subprocess.CompletedProcess[str], *words: str) -> None:
    """One line that names every one of ``words``, and no shortage of memory on the way."""
    assert (ran.returncode, ran.stdout) == (2, ""), ran
    assert ran.stderr.count("\n") == 1 and "memory" not in ran.stderr.replace("memory rows", "")
    for word in words:
        assert word in ran.stderr, ran.stderr


def signs(folder: Path, channels: int, inputs: tuple[int, int, int], bytes_there: int | None = None) -> Path:
    """A container of one dense layer of packed signs; ``bytes_there``: how many of its bytes the file has, all when None."""
    folder.mkdir()
    fan_in = int(np.prod(inputs))
    packed = channels * fan_in // 8 if bytes_there is None else bytes_there
    synapses = {
        **{"source": "in", "op": "dense", "weight_format": "PM1", "scale": 0, "kernel": [1, 1], "stride": [1, 1]},
        **{"padding": [0, 0], "pre_pool": 1, "packed": [channels, fan_in]},
    }
    document = {
        **{"format": "shiftfire-network", "version": 1, "name": "giant", "output": "big", "readout": "event", "metadata": {}},
        "input": {"name": "in", "shape": inputs, "timesteps": 1, "payload_kind": "UNIT", "lo": 0, "hi": 1},
        "layers": [
            {"name": "big", "shape": [channels, 1, 1], "timesteps": 1, "synapses": [synapses], "neuron": {"kind": "argmax"}}
        ],
    }
    (folder / "network.json").write_text(json.dumps(document))
    tensors = {"big/bias": (channels, 0), "big/0/weights": (packed, channels)}
    header = {
        name: {"dtype": "U8", "shape": [size], "data_offsets": [start, start + size]} for name, (size, start) in tensors.items()
    }
    text = json.dumps(header).encode()
    with open(folder / "weights.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        file.truncate(8 + len(text) + channels + packed)  # zeros, and no blocks of the disk
    return folder


def test_more_weights_than_are_read(tmp_path: Path) -> None:
    """60 MiB of a legal container are 480 MiB of weights: refused before one is unpacked."""
    model = signs(tmp_path / "giant", 480, (1024, 32, 32))
    refused(limited("info", model, "--chip", "server"), "(480, 1048576)", "503316480 weights", "at most 268435456")


def test_as_many_weights_as_are_read(tmp_path: Path) -> None:
    """A chip that cannot cut them refuses them by their shape; another one cuts them by inputs."""
    model = signs(tmp_path / "giant", 256, (1024, 32, 32))
    narrow = ("--set", "core.wide_values=false")
    refused(limited("info", model, "--chip", "server", *narrow), "layer big", "weight_rows = 131072", "16384", "wide_values")
    cut = limited("info", model, "--chip", "server")
    assert cut.returncode == 0 and "layer big is cut by inputs" in cut.stdout, cut


def test_a_small_file_that_claims_giant_weights(tmp_path: Path) -> None:
    for channels, inputs in ((1 << 14, (1 << 14, 8, 8)), (64, (1024, 32, 32))):
        refused(
            limited("info", signs(tmp_path / f"c{channels}", channels, inputs, bytes_there=16)),
            "layers[0].synapses[0]",
            str(channels),
        )


@pytest.mark.parametrize("shape", ["(1099511627776, 3)", "(4, 17179869184, 1, 1)"])
def test_inputs_that_claim_to_be_giant(tmp_path: Path, shape: str) -> None:
    header = f"{{'descr': '<i8', 'fortran_order': False, 'shape': {shape}}}".ljust(117) + "\n"
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + bytes(64))
    refused(limited("run", "digits-mlp", "--input", tmp_path / "x.npy"), "x.npy")


def test_a_giant_chip_with_a_small_network(tmp_path: Path) -> None:
    """Every memory of 255 tiles as large as it can be described."""
    least = ("width", "height", "memory_stall_period_cycles", "memory_stall_cycles", "clock_mhz")
    most = {name: high for name, (_, high, _) in CHIP_LIMITS.items() if name not in least}
    chip = replace(load_chip("edge"), **{**most, "name": "giant", "width": 15, "height": 17, "weight_rows": 1 << 15})  # type: ignore[arg-type]
    values = {name: json.dumps(value) for name, value in chip.as_dict().items()}
    (tmp_path / "giant.toml").write_text("".join(f"{name} = {value}\n" for name, value in values.items()))
    for command in (("info", "digits-mlp"), ("run", "digits-mlp", "--samples", 1, "--backend", "golden")):
        ran = limited(*command, "--chip", tmp_path / "giant.toml")
        assert ran.returncode == 0 and "giant" in ran.stdout, ran


def test_an_archive_that_unpacks_to_more_than_is_read(tmp_path: Path) -> None:
    with (
        zipfile.ZipFile(tmp_path / "model.bin", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("data", "w", force_zip64=True) as file,
    ):
        for _ in range(33):
            file.write(bytes(1 << 26))
    assert (tmp_path / "model.bin").stat().st_size < 1 << 22
    refused(limited("import", "sorbet", tmp_path / "model.bin", tmp_path / "out"), "model.bin", "2214592512 bytes", "2147483648")
