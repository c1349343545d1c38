"""Records of 64-bit integers: registers of a unit, or what a unit is configured with.

numba passes an array of records as one argument, whatever it holds; NumPy's `recarray` reads its fields by the same names, so that the kernels run
uncompiled too (``NUMBA_DISABLE_JIT=1``). A kind of record is a class that is never made: its annotations name the fields, for the type checker as for `record_dtype`.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar, cast, overload

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
Record = TypeVar("Record", covariant=True)


class Records(Protocol[Record]):
    """An array of records: by place one that reads and writes in place, by name a field of all of them."""

    def __len__(self) -> int: ...

    @overload
    def __getitem__(self, key: str) -> IntArray: ...

    @overload
    def __getitem__(self, key: int | tuple[int, int]) -> Record: ...

    def __setitem__(self, key: str, value: IntArray | int) -> None: ...


def record_dtype(kind: type) -> np.dtype[Any]:
    """The fields that ``kind`` annotates, in that order."""
    return np.dtype([(name, np.int64) for name in kind.__annotations__])


def records(kind: type[Record], *shape: int, **fields: IntArray | int) -> Records[Record]:
    """Records of the given shape: ``fields`` as given, the others 0."""
    made = np.zeros(shape, record_dtype(kind))
    for name, values in fields.items():
        made[name] = values
    return cast("Records[Record]", made.view(np.recarray))
