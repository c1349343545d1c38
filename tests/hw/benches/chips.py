"""The chip of a bench run, passed from the test by its parameters in the environment."""

import json
import os

from shiftfire_spec.chip import ChipConfig

CHIP_VARIABLE = "BENCH_CHIP"


def chip_of_run() -> ChipConfig:
    """The chip that the test chose."""
    return ChipConfig(**json.loads(os.environ[CHIP_VARIABLE]))
