"""Profiles from TOML: the named ones of this package, and the user's own; bounded, checked, unknown keys refused."""

from __future__ import annotations

import dataclasses
import math
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from .errors import FloatGraphError
from .profile import Profile

MAX_BYTES = 1 << 14
MAX_STEPS = 1 << 16

_CHOICES = {
    "decay": ("euler", "exp"),
    "gain": ("euler", "decay", "raw", "one"),
    "readout_gain": ("euler", "decay", "raw", "one"),
    "integrator_gain": ("euler", "raw"),
    "current_gain": ("euler", "decay", "raw", "one"),
    "current": ("new", "old"),
    "leak": ("before", "after"),
    "current_leak": ("before", "after"),
    "reset": ("hard", "soft"),
    "reset_time": ("same", "next", "next-after-leak", "next-after-input"),
    "comparison": (">", ">="),
    "spikes": ("single", "multi"),
    "floor_neurons": ("all", "IF"),
    "initial": ("zero", "v_leak", "v_reset"),
    "constants": ("float32", "float64"),
}
_TEXTS = ("name", "description", "source")


def profile_names() -> list[str]:
    """Names of the shipped profiles."""
    return sorted(entry.name.removesuffix(".toml") for entry in _folder().iterdir() if entry.name.endswith(".toml"))


def named_profile(name: str) -> Profile:
    """A shipped profile. Raises FloatGraphError that lists all names."""
    if name not in profile_names():
        raise FloatGraphError(f"profile '{name[:60]}' is not known; there are {', '.join(profile_names())}, or give a TOML file")
    return parse_profile((_folder() / f"{name}.toml").read_text(encoding="utf-8"), f"{name}.toml")


def find_profile(name_or_path: str) -> Profile:
    """A shipped profile by name, or one from a file whose name ends in ``.toml``."""
    return load_profile(Path(name_or_path)) if name_or_path.endswith(".toml") else named_profile(name_or_path)


def load_profile(path: Path) -> Profile:
    """A profile from a TOML file. Raises FloatGraphError naming the file, the key, its value and what is allowed."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FloatGraphError(
            f"profile {path}: {error.strerror}; give a name ({', '.join(profile_names())}) or a TOML file"
        ) from None
    if len(data) > MAX_BYTES:
        raise FloatGraphError(f"profile {path} is larger than {MAX_BYTES} bytes; it holds one table of about twenty keys")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise FloatGraphError(f"profile {path} is no UTF-8 text; write it as TOML") from None
    return parse_profile(text, str(path))


def parse_profile(text: str, where: str) -> Profile:
    """A profile from TOML text; ``base`` names a shipped profile that gives the keys left out."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FloatGraphError(f"profile {where} is no TOML: {' '.join(str(error).split())}") from None
    base = table.pop("base", None)
    if base is not None and not isinstance(base, str):
        raise FloatGraphError(f"profile {where}: base is {base!r}; the name of a shipped profile is needed")
    values: dict[str, Any] = dataclasses.asdict(named_profile(base)) if base is not None else {}
    keys = [field.name for field in dataclasses.fields(Profile)]
    unknown = sorted(set(table) - set(keys))
    if unknown:
        raise FloatGraphError(f"profile {where}: unknown key '{unknown[0][:60]}'; there are {', '.join(keys)} and base")
    values |= table
    missing = [key for key in keys if key not in values]
    if missing:
        raise FloatGraphError(
            f"profile {where}: no {missing[0]}; give it, or 'base = \"NAME\"' with one of {', '.join(profile_names())}"
        )
    profile = Profile(**{key: _checked(key, values[key], where) for key in keys})
    if profile.recurrent_delay + profile.output_delay < 1:
        raise FloatGraphError(
            f"profile {where}: recurrent_delay and output_delay are both 0; a loop takes at least one step, so one must be 1 or more"
        )
    return profile


def with_times(profile: Profile, dt: float | None, time_unit: float | None) -> Profile:
    """The profile with another step or unit of time, as ``--dt`` and ``--time-unit`` give them."""
    changed = {
        key: _checked(key, value, f"--{key.replace('_', '-')}")
        for key, value in (("dt", dt), ("time_unit", time_unit))
        if value is not None
    }
    return dataclasses.replace(profile, **changed)


def _checked(key: str, value: Any, where: str) -> Any:
    told = f"profile {where}: {key} is {str(value)[:60]!r}"
    if key in _CHOICES:
        if value not in _CHOICES[key] or not isinstance(value, str):
            raise FloatGraphError(f"{told}; one of {', '.join(_CHOICES[key])} is needed")
    elif key in _TEXTS:
        if not isinstance(value, str) or "\n" in value:
            raise FloatGraphError(f"{told}; one line of text is needed")
    elif key == "floor":
        return _floor(value, told)
    elif key in ("dt", "time_unit"):
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
            raise FloatGraphError(f"{told}; a positive number is needed")
        return float(value)
    elif isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_STEPS:
        raise FloatGraphError(f"{told}; a whole number from 0 to {MAX_STEPS} is needed")
    return value


def _floor(value: Any, told: str) -> str | float:
    if value in ("none", "threshold") and isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise FloatGraphError(f"{told}; 'none', 'threshold' or a number is needed")
    return float(value)


def _folder() -> Any:
    return files(__package__ or "") / "profiles"
