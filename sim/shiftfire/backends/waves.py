"""Wave files of an RTL run, and beside them what makes GTKWave and Surfer show the interesting signals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shiftfire_hw.signals import Signal, SignalGroup, signal_groups
from shiftfire_hw.testing.native import DESIGN
from shiftfire_hw.testing.waves import WaveFormat
from shiftfire_spec.chip import ChipConfig
from vcd.gtkw import GTKWSave

from ..report.files import atomic_path, atomic_text

ROOT_SCOPE = "TOP"  # Verilator's, around the top module
GTKWAVE_SUFFIX, SURFER_SUFFIX = ".gtkw", ".sucl"
_CLOSED_GROUPS = ("counters", "links")


@dataclass(frozen=True)
class Waves:
    """Waves to write of an RTL run: all signals, in ``cycles`` cycles from ``first_cycle`` on of each run phase. The suffix of ``path`` is ``format``."""

    path: Path
    first_cycle: int
    cycles: int

    @property
    def format(self) -> WaveFormat:
        return WaveFormat(self.path.suffix.removeprefix("."))

    @property
    def gtkwave_path(self) -> Path:
        return self.path.with_suffix(GTKWAVE_SUFFIX)

    @property
    def surfer_path(self) -> Path:
        return self.path.with_suffix(SURFER_SUFFIX)

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every file that is written."""
        return self.path, self.gtkwave_path, self.surfer_path


@contextmanager
def recorded(waves: Waves, chip: ChipConfig, harness: Path, link: Path) -> Iterator[None]:
    """``link`` stands for the wave file while the block runs a harness that writes it; then wave file and save files are in their places, all of them or none.

    ``harness``: what `build_harness` returned, for its Verilog. Raises OSError.
    """
    groups = signal_groups(chip, (harness.parent / DESIGN).read_text())
    with atomic_text(waves.gtkwave_path) as gtkwave, atomic_text(waves.surfer_path) as surfer, atomic_path(waves.path) as target:
        link.symlink_to(target)
        yield
        surfer.write(surfer_commands(groups))
        _save_gtkwave(GTKWSave(gtkwave), waves, groups)


def surfer_commands(groups: Sequence[SignalGroup]) -> str:
    """A command file of Surfer: a divider before each group."""
    lines = []
    for group in groups:
        lines.append(f"divider_add {_title(group)}")
        lines += [f"variable_add {ROOT_SCOPE}.{signal.path}" for signal in group.signals]
    return "\n".join([*lines, "zoom_fit", ""])


def _save_gtkwave(save: GTKWSave, waves: Waves, groups: Sequence[SignalGroup]) -> None:
    """A save file of GTKWave: a group per group, those with many signals closed."""
    save.dumpfile(str(waves.path))
    save.savefile(str(waves.gtkwave_path))
    for group in groups:
        with save.group(_title(group), closed=group.name in _CLOSED_GROUPS):
            for signal in group.signals:
                save.trace(_ranged(signal), alias=_short(signal), datafmt=signal.radix)


def _ranged(signal: Signal) -> str:
    """As GTKWave names it: with the range that the wave file gives."""
    bits = f"[{signal.width - 1}:0]" if signal.width > 1 else ""
    return f"{ROOT_SCOPE}.{signal.path}{bits}"


def _short(signal: Signal) -> str:
    """The last two parts of the name: enough within a group."""
    return ".".join(signal.path.split(".")[-2:])


def _title(group: SignalGroup) -> str:
    where = "I/O tile" if group.tile is None else f"tile {group.tile}"
    return f"{where}: {group.name}"
