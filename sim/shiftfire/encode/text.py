"""Encoders as the command line names them: ``rate:T=16,seed=0``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from ..errors import InputError
from ..network.graph import Input
from ..network.values import IntArray
from .crossing import crossing
from .delta import delta
from .direct import direct
from .latency import latency
from .rate import rate

KEYS: dict[str, dict[str, str]] = {  # of each encoder: keyword in a text, argument of the function
    "rate": {"T": "timesteps", "seed": "seed", "max": "most"},
    "direct": {"T": "timesteps", "levels": "levels", "max": "most"},
    "latency": {"T": "timesteps", "max": "most", "law": "law", "zero": "zero"},
    "delta": {"threshold": "threshold", "off": "off", "repeat_first": "repeat_first"},
    "crossing": {"levels": "levels", "off": "off"},
}
FUNCTIONS: dict[str, Callable[..., IntArray]] = {
    "rate": rate,
    "direct": direct,
    "latency": latency,
    "delta": delta,
    "crossing": crossing,
}
WORDS = frozenset(("law", "off"))
FLAGS = {"yes": True, "no": False}


def encode_for(text: str, values: NDArray[Any], source: Input) -> IntArray:
    """``values`` encoded as ``text`` says, for a network's input: T and the levels of direct are the input's unless they are given. Raises InputError."""
    name, settings = parse(text)
    arguments = {KEYS[name][key]: value for key, value in settings.items()}
    if "T" in KEYS[name]:
        arguments.setdefault("timesteps", source.timesteps)
    if name == "direct":
        arguments.setdefault("levels", source.hi)
    if name == "crossing" and not isinstance(arguments.get("levels"), tuple):
        arguments["levels"] = () if "levels" not in arguments else (arguments["levels"],)
    if name == "delta" and "threshold" not in arguments:
        raise InputError("--encode delta: name the change that is an event, such as delta:threshold=0.1")
    return FUNCTIONS[name](values, **arguments)


def parse(text: str) -> tuple[str, dict[str, Any]]:
    """The name of an encoder and its settings, as ``NAME:KEY=VALUE,...``; several numbers with ``/`` between them. Raises InputError."""
    name, _, rest = text.partition(":")
    if name not in KEYS:
        raise InputError(f"--encode {text}: there is no encoder {name!r}; there are {', '.join(KEYS)}")
    settings: dict[str, Any] = {}
    for part in rest.split(",") if rest else []:
        key, equals, value = part.partition("=")
        if not equals or key not in KEYS[name]:
            raise InputError(f"--encode {text}: {part!r} is no setting of {name}; it has {', '.join(f'{k}=' for k in KEYS[name])}")
        if key in settings:
            raise InputError(f"--encode {text}: {key} is given twice")
        settings[key] = _value(text, key, value)
    return name, settings


def _value(text: str, key: str, value: str) -> Any:
    if key in WORDS:
        return value
    if value in FLAGS:
        return FLAGS[value]
    numbers = tuple(_number(text, key, part) for part in value.split("/"))
    return numbers[0] if len(numbers) == 1 else numbers


def _number(text: str, key: str, value: str) -> int | float:
    for kind in (int, float):
        try:
            number = kind(value)
        except ValueError:
            continue
        if math.isfinite(number):
            return number
    raise InputError(f"--encode {text}: {key}={value} is no number")
