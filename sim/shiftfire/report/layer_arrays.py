"""Arrays by layer, as a run recorded them."""

from __future__ import annotations

from typing import Any

from ..errors import InputError


class LayerArrays(dict[str, Any]):
    """A dict of arrays by the layer's name, which names what there is when another one is asked for."""

    def __missing__(self, name: object) -> Any:
        raise InputError(f"no recorded layer {name!r}: there are {', '.join(self)}")
