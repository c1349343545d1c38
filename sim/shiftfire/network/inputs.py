"""Input arrays: the two accepted forms, checked and brought to one."""

from __future__ import annotations

import numpy as np
from shiftfire_spec.packet import PayloadKind

from .graph import Input, IntArray, NetworkError


def expand_inputs(source: Input, inputs: object) -> IntArray:
    """Inputs as an int64 array (samples, timesteps, channels, height, width).

    ``inputs`` is an integer array of that shape, or (samples, channels, height, width): the same vector in every timestep.
    Raises NetworkError when dtype, shape or a value is not the input's.
    """
    owner = f"input {source.name}"
    if not isinstance(inputs, np.ndarray) or inputs.dtype.kind not in "iub":
        kind = inputs.dtype if isinstance(inputs, np.ndarray) else type(inputs).__name__
        raise NetworkError(f"{owner}: the values are {kind}, not an integer array; quantise them to {source.lo}..{source.hi} first")
    vector, whole = source.shape.as_tuple(), (source.timesteps, *source.shape.as_tuple())
    if inputs.ndim not in (4, 5) or inputs.shape[1:] not in (vector, whole):
        raise NetworkError(f"{owner}: the values have shape {inputs.shape}; give (samples, *{vector}) or (samples, *{whole})")
    if inputs.size and not source.lo <= int(inputs.min()) <= int(inputs.max()) <= source.hi:
        worst = int(inputs.min()) if int(inputs.min()) < source.lo else int(inputs.max())
        raise NetworkError(f"{owner}: the value {worst} is out of range; it must be within {source.lo}..{source.hi}")
    values = inputs.astype(np.int64, copy=False)
    if source.payload_kind is PayloadKind.POW2:
        _check_powers(owner, values)
    if values.ndim == 4:
        values = np.broadcast_to(values[:, None], (len(values), *whole))
    return values


def _check_powers(owner: str, values: IntArray) -> None:
    magnitude = np.abs(values)
    wrong = (magnitude & (magnitude - 1)) != 0
    if np.any(wrong):
        raise NetworkError(
            f"{owner}: the value {int(values[wrong][0])} is no signed power of two, which POW2 payloads are; round it"
        )
