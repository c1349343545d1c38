"""The schedule of a compiled network: one round when it fits its chip at once, else parts that do, one after the other.

What a part's cores send to later parts is stored in memory by the I/O tile and played into the mesh again, a *region* per core. Weights of one round
lie at the bottom of the weight memories, those of the next at the top, so that they can be loaded while the round before runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shiftfire_spec.chip import ChipConfig

from ..network.check import check_network
from ..network.graph import Network
from ..network.synapses import Block
from .compile import compile_checked
from .loading import DEFAULT_POLICY, LoadPolicy
from .mapping.filling import round_cuts
from .mapping.rounds import RoundCut, round_network
from .optimised import Mapper, Optimised, PolicyTrial, Refine
from .prepare import prepare
from .program import CompileError, CutNetwork, Program


@dataclass(frozen=True, eq=False)
class Round:
    """A part of a network that is resident at once."""

    program: Program


@dataclass(frozen=True, eq=False)
class Schedule:
    """A compiled network: its rounds in order, one when it fits the chip at once; ``spread`` and ``most_layers`` as it was compiled with.

    ``network`` is the network as given; ``cut``: what the rounds execute in its place where layers of it are cut by inputs.
    ``loading``: when the rounds' configurations are written; ``policies``: the ways that were compared for it, none when nothing was.
    ``optimised``: by round, what its mapping was chosen for, None of pieces of layers; empty when the work of single cores alone decided.
    """

    network: Network
    chip: ChipConfig
    rounds: tuple[Round, ...]
    spread: bool
    most_layers: int | None = None
    cut: CutNetwork | None = None
    optimised: tuple[Optimised | None, ...] = ()
    loading: LoadPolicy = DEFAULT_POLICY
    policies: tuple[PolicyTrial, ...] = ()

    @property
    def mapped(self) -> Network:
        """The network whose layers the rounds' cores execute."""
        return self.network if self.cut is None else self.cut.mapped

    def owner(self, name: str) -> str:
        """The layer of ``network`` that a mapped layer is, or is a part of."""
        return name if self.cut is None else self.cut.owner(name)

    @property
    def resident(self) -> bool:
        """Whether everything is on the chip at once."""
        return len(self.rounds) == 1


def resident_schedule(program: Program) -> Schedule:
    """The schedule of a network that fits at once."""
    return Schedule(program.given, program.chip, (Round(program),), program.spread, cut=program.cut)


def compile_schedule(
    network: Network,
    chip: ChipConfig,
    *,
    spread: bool = True,
    most_layers: int | None = None,
    mapper: Mapper | None = None,
    refine: Refine | None = None,
) -> Schedule:
    """The schedule of ``network`` on ``chip``: at once when it fits, else (or with ``most_layers``) in the fewest rounds that hand over the least.

    ``mapper`` as in `compile_checked`; ``refine`` has the last word on the program of each round of several, in their order.
    Raises NetworkError when the network is not valid, CompileError when it runs neither at once nor in rounds.
    """
    prepared = prepare(check_network(network), chip)
    if most_layers is not None:
        return _rounds_of(prepared, chip, spread, most_layers, mapper, refine)
    try:
        return resident_schedule(replace(compile_checked(prepared.mapped, chip, spread=spread, mapper=mapper), cut=prepared))
    except CompileError as error:
        whole = error
    try:
        return _rounds_of(prepared, chip, spread, None, mapper, refine)
    except CompileError as error:
        same = str(error) == str(whole)
        raise whole if same else CompileError(f"{whole}; nor does it run in rounds: {error}") from None


def compile_rounds(network: Network, chip: ChipConfig, *, spread: bool = True, most_layers: int | None = None) -> Schedule:
    """The schedule of ``network`` in rounds of at most ``most_layers`` layers each.

    Raises NetworkError when the network is not valid, CompileError when no cut makes every part fit.
    """
    return _rounds_of(prepare(check_network(network), chip), chip, spread, most_layers)


def weights_from_top(number: int) -> bool:
    """Whether the weights of a round lie at the top of the weight memories: those of even rounds lie at the bottom."""
    return number % 2 == 1


def _rounds_of(
    prepared: CutNetwork,
    chip: ChipConfig,
    spread: bool,
    most_layers: int | None,
    mapper: Mapper | None = None,
    refine: Refine | None = None,
) -> Schedule:
    """`compile_rounds` of a network that has been checked and prepared."""
    cuts = round_cuts(prepared.mapped, chip, most_layers or len(prepared.mapped.layers))
    for tries in (spread, False):
        try:
            rounds = tuple(_compile(prepared, cuts, chip, tries, mapper, refine))
            return Schedule(prepared.given, chip, rounds, spread, most_layers, prepared)
        except CompileError:  # spread over more cores than can be handed over
            if not tries:
                raise
    raise AssertionError


def _compile(
    prepared: CutNetwork,
    cuts: Sequence[RoundCut],
    chip: ChipConfig,
    spread: bool,
    mapper: Mapper | None,
    refine: Refine | None,
) -> Iterator[Round]:
    pieces: dict[str, list[Block]] = {}
    before: list[Program] = []
    for number, cut in enumerate(cuts):
        part = round_network(prepared.mapped, cut, pieces)
        top = weights_from_top(number)
        program = compile_checked(part, chip, spread=spread, weights_from_top=top, pieces=cut.slices, mapper=mapper)
        program = replace(program, cut=prepared)
        if refine is not None:
            program = refine(before, program)
        before.append(program)
        for core in program.stored_cores():
            pieces.setdefault(core.layer, []).append(core.block)
        yield Round(program)
