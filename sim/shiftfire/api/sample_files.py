"""Samples: of a model's own test split, or of a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from ..encode.text import encode_for
from ..errors import InputError, is_whole
from ..inputs.read import Dense, Recording, bin_recording, read_input, read_several_real
from ..network.build.builder import frozen
from ..network.bundled import find_model
from ..network.container import load_test_split
from ..network.event_checks import Overflow
from ..network.graph import Network
from ..network.input_sets import Inputs, sample_count, single, take_samples
from ..network.values import IntArray
from .compiled import NetworkLike
from .real_inputs import rounded_values, stored_codings


class Samples(NamedTuple):
    """``inputs`` (samples, [timesteps,] channels, height, width) integers as a network takes them, by name where it has several; ``labels`` (samples,) or None."""

    inputs: Inputs
    labels: IntArray | None

    def first(self, number: int | None, origin: str) -> Samples:
        """The first ``number`` samples, all when None. Raises InputError when there are not so many."""
        if number is None:
            return self
        if not is_whole(number):
            raise InputError(f"{number!r} samples of {origin}: give a whole number")
        there = sample_count(self.inputs)
        if not 1 <= number <= there:
            raise InputError(f"--samples {number} is out of range: {origin} has {there} samples")
        return Samples(take_samples(self.inputs, slice(number)), None if self.labels is None else self.labels[:number])


def samples(
    model: str | os.PathLike[str], number: int | None = None, *, network: Network | None = None, most: int | None = None
) -> Samples:
    """The first ``number`` samples of a model's own test split, with its labels if it has them; without it all, or ``most`` when there are more.

    ``model`` is a shipped model's name or a folder's path; ``network`` saves reading it once more. Unpacks into inputs and labels.
    Raises NetworkError when there is no split, InputError when it has not so many samples.
    """
    folder = find_model(os.fspath(model))
    shipped = load_test_split(folder, network)
    if number is None and most is not None:
        number = min(most, sample_count(shipped.inputs))
    return Samples(shipped.inputs, shipped.labels).first(number, f"the test split of {folder.name}")


def read_samples(
    file: str | os.PathLike[str],
    number: int | None = None,
    *,
    network: NetworkLike | None = None,
    bin_width_us: float | None = None,
    start_us: float | None = 0,
    clip: bool = False,
    observable: str | None = None,
    encode: str | None = None,
) -> Samples:
    """The first ``number`` samples of a file, all without it.

    .npy, .npz and .safetensors hold ``inputs`` and perhaps ``labels``; .h5, .hdf5 and .nir time-gridded data or events of a NIR node (``observable``
    "NODE.NAME" where there are several). A recording of events is one sample: t, x, y, p in .npy or .npz, N-MNIST's .bin, .aedat (3.1), .aedat4. What are events
    is counted into timesteps of ``bin_width_us`` for ``network``, the first beginning at ``start_us`` (None: with the first event): see `events_to_frames` and
    `events_to_vectors`. Counts above the largest value of the network's input, and events after its last timestep, are refused, or with ``clip`` left out and
    counted in a warning. For a network of several inputs, .npz and .safetensors hold an array by the name of each. Real values for a network that was converted with
    a step of its own are rounded to it. ``encode``, such as "rate:T=16,seed=0,max=255", makes what ``network`` takes of real values: see `encode`.
    Raises InputError, NetworkError, OSError.
    """
    path = Path(file)
    if network is not None and frozen(network).feeds:
        if bin_width_us is not None or encode is not None or observable is not None:
            raise InputError(
                f"input {path}: the network has several inputs, which are neither binned nor encoded here; give their values"
            )
        names, codings = [each.name for each in frozen(network).inputs], stored_codings(frozen(network))
        real, labels = read_several_real(path, names)
        values = {name: rounded_values(path, Dense(array), name, codings.get(name)) for name, array in real.items()}
        return Samples(values, labels).first(number, str(file))
    source = None if network is None else frozen(network).input
    read = read_input(path, observable, "input" if source is None else source.name)
    if encode is not None:
        if not isinstance(read, Dense) or bin_width_us is not None:
            raise InputError(f"input {path}: --encode {encode} is for values, not for events; leave one of the two out")
        if source is None:
            raise InputError(f"input {path}: to encode it, say for which network")
        if read.inputs.ndim < 2 or not read.inputs.size:
            raise InputError(f"input {path} has shape {read.inputs.shape}: give (samples, ...), at least one sample")
        chosen = Samples(read.inputs, read.labels).first(number, str(file))
        return Samples(encode_for(encode, single(chosen.inputs), source), chosen.labels)
    if isinstance(read, Dense):
        if bin_width_us is None:
            coding = None if source is None or network is None else stored_codings(frozen(network)).get(source.name)
            return Samples(rounded_values(path, read, source.name if source else "", coding), read.labels).first(number, str(file))
        read = Recording(read.inputs)  # a plain array of columns is told from values by the bin width
    if bin_width_us is None:
        raise InputError(f"input {path} holds events ({read.columns}): say how long a timestep is with --bin-width MICROSECONDS")
    if source is None:
        raise InputError(f"input {path}: a bin width is for the events of a recording; say for which network")
    choice = Overflow.CLIP if clip else Overflow.REFUSE
    binned = bin_recording(path, read, source, bin_width_us=bin_width_us, start_us=start_us, counts=choice, late=choice)
    return Samples(binned, None).first(number, str(file))
