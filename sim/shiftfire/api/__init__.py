"""What people import: ``import shiftfire as sf``. The command line is a client of this package.

Networks, samples and chips are loaded by name or path; `compile` maps, `run` executes, `verify` compares. Whatever a caller can do wrong is raised as a `UserError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import encode
from ..backends.backend import Ability, Backend, Progress
from ..closed_loop.result import ControlResult
from ..closed_loop.tasks import Task
from ..compiler.optimised import Objective
from ..compiler.program import CompileError
from ..compiler.recentre import Recentred
from ..errors import InputError, UserError
from ..network.build.builder import NetworkBuilder as Network
from ..network.build.builder import save
from ..network.build.connections import Connection, conv2d, dense, depthwise, direct, kv, pool, pv, qk, upsample
from ..network.build.neuron import neuron
from ..network.event_checks import EventsLeftOutWarning
from ..network.event_frames import events_to_frames
from ..network.event_lists import events_to_vectors
from ..network.graph import Layer
from ..network.graph import Network as FrozenNetwork
from ..network.real_time import RealTime
from ..network.values import IntArray
from ..system.plan import RunError
from .bottleneck import Bottleneck, bottleneck
from .chips import ChipConfig, chip, parse_overrides
from .compiled import Compiled, compile
from .control import control
from .converted import Converted
from .fitting import fit_neurons
from .from_nir import from_nir, read_nir
from .from_torch import from_torch
from .networks import load, models
from .real_inputs import RealSamples, random_spikes, read_real_samples
from .real_time import read_real_time, real_time
from .result import Result
from .runs import SilentLayerWarning, backend, run
from .sample_files import Samples, read_samples, samples
from .verifications import verify
from .wave_files import waves

if TYPE_CHECKING:  # what needs the RTL's tools
    from ..backends.waves import Waves as Waves
    from ..verification.compare import Comparison as Comparison
    from ..verification.verify import Verification as Verification

__all__ = [
    "Ability",
    "Backend",
    "Bottleneck",
    "ChipConfig",
    "CompileError",
    "Compiled",
    "Connection",
    "ControlResult",
    "Converted",
    "EventsLeftOutWarning",
    "FrozenNetwork",
    "InputError",
    "IntArray",
    "Layer",
    "Network",
    "Objective",
    "Progress",
    "RealSamples",
    "RealTime",
    "Recentred",
    "Result",
    "RunError",
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
    "parse_overrides",
    "pool",
    "pv",
    "qk",
    "random_spikes",
    "read_nir",
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
