"""shiftfire: a cycle-exact simulator of a multiplier-free neuromorphic accelerator.

``import shiftfire as sf`` gives what `shiftfire.api` exports; it is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import (
        Compiled,
        ControlResult,
        Converted,
        EventsLeftOutWarning,
        InputError,
        Network,
        Result,
        Samples,
        SilentLayerWarning,
        Task,
        UserError,
        backend,
        bottleneck,
        chip,
        compile,
        control,
        conv2d,
        dense,
        depthwise,
        direct,
        encode,
        events_to_frames,
        events_to_vectors,
        fit_neurons,
        from_nir,
        from_torch,
        kv,
        load,
        models,
        neuron,
        pool,
        pv,
        qk,
        read_real_samples,
        read_real_time,
        read_samples,
        real_time,
        run,
        samples,
        save,
        upsample,
        verify,
        waves,
    )

__all__ = [
    "Compiled",
    "ControlResult",
    "Converted",
    "EventsLeftOutWarning",
    "InputError",
    "Network",
    "Result",
    "Samples",
    "SilentLayerWarning",
    "Task",
    "UserError",
    "backend",
    "bottleneck",
    "chip",
    "compile",
    "control",
    "conv2d",
    "dense",
    "depthwise",
    "direct",
    "encode",
    "events_to_frames",
    "events_to_vectors",
    "fit_neurons",
    "from_nir",
    "from_torch",
    "kv",
    "load",
    "models",
    "neuron",
    "pool",
    "pv",
    "qk",
    "read_real_samples",
    "read_real_time",
    "read_samples",
    "real_time",
    "run",
    "samples",
    "save",
    "upsample",
    "verify",
    "waves",
]


if not TYPE_CHECKING:  # or the type checker would believe in every name

    def __getattr__(name: str) -> Any:
        if name in __all__:
            return getattr(import_module(".api", __name__), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
