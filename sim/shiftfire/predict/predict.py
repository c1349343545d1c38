"""Prediction of a run: cycles, latency, and the longest chain through its timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..compiler.prepare import mapped_activations
from ..compiler.program import Program
from ..compiler.schedule import Schedule
from ..network.values import IntArray
from .activity import assumed_activity, known_activity
from .loads import LoadTable
from .mapped import Mapped, mapped_of
from .moments import Moment
from .timeline import Course, Timeline
from .traffic import Traffic
from .wiring import Wiring

SAMPLES = 4  # that run in a row where no inputs are given


@dataclass(frozen=True, eq=False)
class Prediction:
    """The run of ``samples`` samples back to back, in cycles.

    ``latency``: the mean from a sample's first packet to its last END, ``period``: from one sample's last END to the next one's, the first
    half of the samples left out; None in a round of several that gives no answers. ``last`` is where the longest chain ends (`moments.chain`).
    """

    samples: int
    cycles: float
    latency: float | None
    period: float | None
    last: Moment
    complete: bool = True  # False when layers wait for each other, so that the run never ends


def predict(program: Program, activations: Mapping[str, IntArray] | None = None, samples: int = SAMPLES) -> Prediction:
    """Predict a run of ``program`` without running it.

    ``activations`` (samples, timesteps, channels, height, width) by name, of all inputs and layers of the network as given (golden's), say what each vector holds; without
    them ``samples`` samples of assumed densities run. Raises CompileError when the program's own mapping does not hold, which takes another compiler's.
    """
    network = program.network
    if activations is None:
        activity = assumed_activity(network)
    else:
        activity = known_activity(network, mapped_activations(program.cut, activations))
        samples = len(next(iter(activations.values())))
    return predict_mapped(mapped_of(program), LoadTable(network, program.chip, activity), samples)


def predict_mapped(mapped: Mapped, table: LoadTable, samples: int = SAMPLES) -> Prediction:
    """The same of a mapped network; mappings of one network to one chip share the ``table``."""
    wiring = Wiring(mapped)
    return _prediction(Timeline(mapped, wiring, Traffic(mapped, wiring, table), samples).run(), samples)


def predict_schedule(
    schedule: Schedule, activations: Mapping[str, IntArray] | None = None, samples: int = SAMPLES
) -> tuple[Prediction, ...]:
    """`predict` of every round of a schedule."""
    return tuple(predict(part.program, activations, samples) for part in schedule.rounds)


def _prediction(course: Course, samples: int) -> Prediction:
    cycles = course.last.time + 1
    if not course.ended[-1]:
        return Prediction(samples, cycles, None, None, course.last, course.complete)
    latencies = [end - begin for begin, end in zip(course.began, course.ended, strict=True)]
    half = samples // 2
    period = (course.ended[-1] - course.ended[half - 1]) / (samples - half) if half else cycles
    return Prediction(samples, cycles, sum(latencies) / samples, period, course.last, course.complete)
