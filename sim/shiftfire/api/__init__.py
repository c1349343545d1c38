"""What people import: ``import shiftfire as sf``. The command line is a client of this package.

Networks, samples and chips are loaded by name or path; `compile` maps, `run` executes, `verify` compares. Whatever a caller can do wrong is raised as a `UserError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..backends.backend import Ability, Backend, Progress
from ..compiler.program import CompileError
from ..compiler.recentre import Recentred
from ..errors import InputError, UserError
from ..network.graph import Layer, Network
from ..network.values import IntArray
from ..system.plan import RunError
from .chips import ChipConfig, chip
from .compiled import Compiled, compile
from .networks import load, models
from .result import Result
from .runs import backend, run
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
    "ChipConfig",
    "CompileError",
    "Compiled",
    "InputError",
    "IntArray",
    "Layer",
    "Network",
    "Progress",
    "Recentred",
    "Result",
    "RunError",
    "Samples",
    "UserError",
    "backend",
    "chip",
    "compile",
    "load",
    "models",
    "read_samples",
    "run",
    "samples",
    "verify",
    "waves",
]
