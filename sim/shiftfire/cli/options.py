"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..api import Objective, defaults

Model = Annotated[
    str, typer.Argument(help="Name of a shipped model (see `shiftfire info`) or path of a model folder.", metavar="MODEL")
]
OptionalModel = Annotated[
    str | None, typer.Argument(help="Name of a shipped model (see `shiftfire info`) or path of a model folder.", metavar="[MODEL]")
]
Chip = Annotated[str, typer.Option("--chip", help="Chip preset (nano, ulx3s, edge, server) or path of a TOML description.")]
Changes = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="Change a parameter of the chip, such as core.lanes=32; may be given several times.",
        metavar="SECTION.KEY=VALUE",
    ),
]
Spread = Annotated[
    bool,
    typer.Option(
        "--spread/--fewest-cores", help="Spread slow layers over idle tiles, or use the fewest cores that hold the network."
    ),
]
Optimise = Annotated[
    Objective | None,
    typer.Option("--optimise", help="What the mapping is to be good for; throughput if not given, by prediction alone."),
]
Effort = Annotated[
    int,
    typer.Option("--effort", min=0, metavar="N", help="Let the simulator try up to N mappings, and take the best of them."),
]
Recentre = Annotated[
    int | None,
    typer.Option(
        "--recentre",
        min=0,
        metavar="K",
        help="Code counts from their most frequent level on these samples; levels within K of it are not sent (0: lossless).",
    ),
]
FitNeurons = Annotated[
    bool,
    typer.Option(
        "--fit-neurons",
        help="Leaks of more terms and membranes of more bits than the chip has become the nearest that it has, and it is told how near.",
    ),
]
LayersAtOnce = Annotated[
    int | None,
    typer.Option(
        "--layers-at-once",
        min=1,
        metavar="N",
        help="Run in rounds of at most N layers. Without it, rounds are taken when the network does not fit at once.",
    ),
]
InputFile = Annotated[
    Path | None,
    typer.Option(
        "--input",
        help="Inputs: .npy, .npz or .safetensors with `inputs` and perhaps `labels`; .h5 or .nir of NIR data;"
        " events in .npy, .npz, .bin (N-MNIST), .aedat, .aedat4.",
        metavar="FILE",
    ),
]
BinWidth = Annotated[
    float | None,
    typer.Option("--bin-width", help="The input file holds events: microseconds of a timestep.", metavar="US"),
]
BinStart = Annotated[
    str | None,
    typer.Option(
        "--bin-start", help="Where the first timestep of the events begins: microseconds, 0 by default, or `first`.", metavar="US"
    ),
]
Observable = Annotated[
    str | None,
    typer.Option("--observable", help="Of NIR data with several: which is the input.", metavar="NODE.NAME"),
]
RealTime = Annotated[
    bool,
    typer.Option("--realtime", help="Inject the events of the input file when their times come, at the chip's clock."),
]
Gap = Annotated[
    float | None,
    typer.Option("--gap", help="With --realtime: microseconds between a sample's last timestep and the next sample.", metavar="US"),
]
ClipEvents = Annotated[
    bool,
    typer.Option(
        "--clip-events", help="Clip counts of events that the input cannot take, leave out late events: both are refused else."
    ),
]
Encode = Annotated[
    str | None,
    typer.Option(
        "--encode",
        help="Make what the network takes of the file's values: rate, direct, latency, delta or crossing, such as rate:T=16,seed=0,max=255.",
        metavar="NAME:KEY=VALUE,...",
    ),
]
Layers = Annotated[
    str | None,
    typer.Option("--layers", help="Instead of MODEL: a dense LIF network with random 4-bit weights.", metavar="784-128-10"),
]
DEFAULT_TIMESTEPS, DEFAULT_DENSITY, DEFAULT_SEED = 16, 0.1, 0
Timesteps = Annotated[int | None, typer.Option("--timesteps", help=f"Timesteps of --layers; {DEFAULT_TIMESTEPS} when not given.")]
Density = Annotated[
    float | None,
    typer.Option("--density", help=f"Share of its inputs that spike in a timestep; {DEFAULT_DENSITY} when not given."),
]
Seed = Annotated[int | None, typer.Option("--seed", help=f"Seed of its weights and inputs; {DEFAULT_SEED} when not given.")]
SampleCount = Annotated[int | None, typer.Option("--samples", help="How many samples, from the first.", metavar="N")]
Json = Annotated[
    str | None, typer.Option("--json", help="Write everything as JSON to this file; - is standard output.", metavar="FILE")
]
Plot = Annotated[str | None, typer.Option("--plot", help="Write a picture to this file: .png, .svg or .pdf.", metavar="FILE")]
Profile = Annotated[
    str | None,
    typer.Option(
        "--profile",
        help="Of NIR files: how time is cut into steps, a profile's name or a TOML file; without it the likeliest, with the reason.",
        metavar="NAME",
    ),
]
Port = Annotated[str | None, typer.Option("--port", help="Serial port of a board, such as /dev/ttyUSB0.", metavar="PORT")]
Baud = Annotated[int, typer.Option("--baud", min=1, help="Bits per second of the serial port.", metavar="N")]
Timeout = Annotated[
    float, typer.Option("--timeout", min=0, help="Seconds after which the board counts as stuck in what it does.", metavar="S")
]
MAX_CYCLE = (1 << 32) - 1  # a run's cycles are counted in 32 bits
Waves = Annotated[
    str | None,
    typer.Option("--waves", help="Write waves of the RTL: .fst or .vcd, with save files for GTKWave and Surfer.", metavar="FILE"),
]
WavesFrom = Annotated[
    int | None,
    typer.Option("--waves-from", min=0, max=MAX_CYCLE, help="First cycle of each run with waves; 0 if not given.", metavar="CYCLE"),
]
WavesCycles = Annotated[
    int | None,
    typer.Option("--waves-cycles", min=1, max=MAX_CYCLE, help="How many cycles have waves; 1000 if not given.", metavar="N"),
]
DEFAULT_SPREAD = True
DEFAULT_EFFORT = 0
DEFAULT_CHIP = defaults.DEFAULT_CHIP
DEFAULT_MOVEMENT, DEFAULT_VOLTS = defaults.DEFAULT_MOVEMENT, defaults.DEFAULT_VOLTS
Movement = Annotated[str, typer.Option("--movement", help="Energy constants for moving flits: dsent or loihi.")]
DEFAULT_BAUD = defaults.DEFAULT_BAUD
DEFAULT_TIMEOUT = defaults.DEFAULT_TIMEOUT
