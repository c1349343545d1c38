"""``shiftfire import``: models of other frameworks as network containers."""

from __future__ import annotations

import os
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import typer
from rich.console import Console
from shiftfire_spec.shift_units import DenominatorRule

from ..api import InputError, read_samples
from ..frontends.sorbet.builder import Options
from ..frontends.sorbet.checkpoint import Checkpoint, load_checkpoint
from ..frontends.sorbet.compare import Comparison, compare, reference_of
from ..frontends.sorbet.generate import SIZES, Style, generate_tensors, write_checkpoint
from ..frontends.sorbet.lower import Imported, import_checkpoint
from ..network.container import Samples, save_network
from ..network.graph import Network, Readout
from ..network.input_sets import single
from ..network.values import IntArray
from ..report.document import head, write_json
from ..report.files import check_target
from ..report.tables import grid, show
from .console import output, printable

REPORT_FILE = "import-report.json"
DEFAULT_TOKENS = 128
DEFAULT_COMPARED = 4
RANDOM_SEED = 0  # of token ids where no file gives them
MOST_RANDOM = 256  # samples: BERT-base's, 128 tokens long, are 25 MB of the split's 64 MiB

app = typer.Typer(help="Import models of other frameworks as network containers.", no_args_is_help=True)


class Rule(StrEnum):
    """PTSOFTMAX's denominator: the published code's, or the paper's."""

    NEAREST = "nearest"
    CEIL = "ceil"


class SizeName(StrEnum):
    """Shapes of generated checkpoints."""

    TINY = "tiny"
    BERT_BASE = "bert-base"


class Sequences(NamedTuple):
    """Token ids (samples, tokens), their types and attention mask of the same shape, labels (samples,); None where they are not known."""

    ids: IntArray
    types: IntArray | None = None
    mask: IntArray | None = None
    labels: IntArray | None = None

    def first(self, count: int) -> Sequences:
        return Sequences(*(None if array is None else array[:count] for array in self))  # type: ignore[arg-type]


def _read_sequences(file: Path | None, types_file: Path | None, mask_file: Path | None) -> Sequences | None:
    """What the files hold."""
    if file is None:
        for option, other in (("--token-types", types_file), ("--attention-mask", mask_file)):
            if other is not None:
                raise InputError(f"{option} goes with --inputs: give the token ids as well")
        return None
    samples = read_samples(file)
    ids = single(samples.inputs)
    if ids.ndim != 2:
        raise InputError(f"input {file} has shape {ids.shape}: give token ids (samples, tokens)")
    types, mask = (None if other is None else single(read_samples(other).inputs) for other in (types_file, mask_file))
    return Sequences(ids, types, mask, samples.labels)


def _random_sequences(checkpoint: Checkpoint, count: int, options: Options) -> Sequences:
    """The first ``count`` of one series of random sequences: token ids of the vocabulary, all equally likely; with a mask all lengths are."""
    ids = np.random.default_rng(RANDOM_SEED).integers(0, len(checkpoint.words), (count, options.tokens))
    if not options.mask:
        return Sequences(ids)
    lengths = np.random.default_rng(RANDOM_SEED + 1).integers(1, options.tokens + 1, (count, 1))
    return Sequences(ids, mask=(np.arange(options.tokens) < lengths).astype(np.int64))


def _length(checkpoint: Checkpoint, tokens: int | None, ids: IntArray | None, file: Path | None) -> int:
    """Tokens of a sequence: as asked for, else those of the file, else a default."""
    if ids is None:
        return min(DEFAULT_TOKENS, len(checkpoint.positions)) if tokens is None else tokens
    if tokens not in (None, ids.shape[1]):
        raise InputError(f"--tokens {tokens}: the sequences of {file} have {ids.shape[1]}; leave --tokens out")
    return ids.shape[1]


@app.command("sorbet")
def import_sorbet(
    checkpoint: Annotated[
        Path, typer.Argument(help="State dict: .safetensors, .bin or .pt, or a folder with one.", metavar="CHECKPOINT")
    ],
    folder: Annotated[Path, typer.Argument(help="Folder of the container to write.", metavar="OUT_DIR")],
    tokens: Annotated[
        int | None,
        typer.Option(help="Tokens of a sequence; by default those of --inputs, else 128 or what the checkpoint has.", metavar="N"),
    ] = None,
    heads: Annotated[
        int | None, typer.Option(help="Attention heads; by default config.json's, else one per 64 channels.", metavar="N")
    ] = None,
    group: Annotated[int, typer.Option(help="Channels of a BSPN group, a power of two.", metavar="N")] = 64,
    rule: Annotated[Rule, typer.Option(help="PTsoftmax's denominator: nearest power of two, or the one above.")] = Rule.NEAREST,
    accumulator_bits: Annotated[
        int, typer.Option(help="Bits that sums may take: those of the chip meant.", min=16, max=32, metavar="N")
    ] = 28,
    membrane_bits: Annotated[
        int,
        typer.Option(help="Bits that a regression's value may take: the chip's membrane_bits.", min=8, max=32, metavar="N"),
    ] = 20,
    binary_words: Annotated[
        bool, typer.Option("--binary-words/--float-words", help="Word embedding binarised, or as it is.")
    ] = True,
    input_parts: Annotated[
        int, typer.Option(help="8-bit values that an embedded one takes; 2: coarse and fine.", min=1, max=2, metavar="N")
    ] = 1,
    inputs: Annotated[
        Path | None,
        typer.Option(
            help="Token ids for the test split: .npy, or .safetensors with `inputs` (samples, tokens) and perhaps `labels`.",
            metavar="FILE",
        ),
    ] = None,
    token_types: Annotated[
        Path | None, typer.Option(help="Their token types, in the same form; 0 by default.", metavar="FILE")
    ] = None,
    attention_mask: Annotated[
        Path | None,
        typer.Option(help="Their attention mask, in the same form: 1 for a token, 0 for padding; implies --mask.", metavar="FILE"),
    ] = None,
    mask: Annotated[bool, typer.Option("--mask", help="The network takes a padding mask beside the tokens.")] = False,
    samples: Annotated[
        int | None,
        typer.Option(
            help="Without --inputs: random token ids for the test split, without labels.", min=1, max=MOST_RANDOM, metavar="N"
        ),
    ] = None,
    compared: Annotated[
        int,
        typer.Option(
            "--compare", help="Samples to hold against the float reference: of --inputs, else random ones.", min=0, metavar="N"
        ),
    ] = DEFAULT_COMPARED,
) -> None:
    """Import a Sorbet checkpoint as an integer network, and report the error of each layer."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"output {folder} is a file: name a folder for the container")
    check_target(os.path.join(folder, REPORT_FILE) if folder.is_dir() else folder)
    if samples is not None and inputs is not None:
        raise InputError("--samples makes random token ids and --inputs reads them: give one of the two")
    read = _read_sequences(inputs, token_types, attention_mask)
    loaded = load_checkpoint(checkpoint, heads)
    denominator = DenominatorRule.CEIL if rule is Rule.CEIL else DenominatorRule.NEAREST_UP
    length = _length(loaded, tokens, None if read is None else read.ids, inputs)
    masked = mask or attention_mask is not None
    options = Options(length, group, denominator, accumulator_bits, binary_words, input_parts, masked, membrane_bits)
    imported = import_checkpoint(loaded, options, name=folder.resolve().name)
    if samples is None:
        network, split = _with_split(loaded, imported, read)
    else:
        network, split = _with_random_split(loaded, imported, samples)
    comparison = _compare(loaded, imported, read, compared)
    save_network(network, folder, split)
    write_json(str(folder / REPORT_FILE), _document(loaded, imported, comparison, inputs))
    _print(output(None), folder, loaded, imported, comparison)
    if split is None:
        print(
            f"{printable(str(folder))} has no samples to run: import with --inputs FILE, or with --samples N for random token ids"
        )


@app.command("generate")
def generate(
    file: Annotated[Path, typer.Argument(help="Checkpoint to write, .safetensors.", metavar="FILE")],
    size: Annotated[SizeName, typer.Option(help="Its shape.")] = SizeName.TINY,
    layers: Annotated[int | None, typer.Option(help="Encoder layers; by default the shape's.", min=1, max=48, metavar="N")] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.", min=0, metavar="N")] = 1,
    moves: Annotated[bool, typer.Option("--moves/--no-moves", help="Random offsets before the quantisers, or none.")] = True,
    powers: Annotated[
        bool, typer.Option("--powers/--any-scales", help="Every scale a power of two, or whatever was measured.")
    ] = False,
) -> None:
    """Write a random Sorbet checkpoint with plausible statistics, to try the import with."""
    if file.suffix != ".safetensors":
        raise InputError(f"output {file}: the name must end in .safetensors")
    check_target(file)
    shape = SIZES[size.value]
    if layers is not None:
        shape = replace(shape, layers=layers)
    write_checkpoint(file, generate_tensors(shape, seed, Style(moves, powers)))
    print(f"{file}: {shape.layers} layers, hidden size {shape.hidden}, {file.stat().st_size / 1e6:.1f} MB")


def _with_split(checkpoint: Checkpoint, imported: Imported, read: Sequences | None) -> tuple[Network, Samples | None]:
    """The network, and its test split where there are token ids. Without labels the reference's predictions are taken, if it has any, and the metadata say so."""
    if read is None:
        return imported.network, None
    codes = imported.embedding.codes(read.ids, read.types, read.mask)  # checks them
    labels = read.labels
    if labels is not None and imported.network.readout is Readout.VALUE:
        raise InputError("the labels of --inputs are classes, and the checkpoint gives a number (a regression): leave them out")
    said = "of the file"
    if labels is None:
        said = "predictions of the float reference"
        reference = reference_of(checkpoint, imported)
        each = [Sequences(*(None if array is None else array[i : i + 1] for array in read)) for i in range(len(read.ids))]  # type: ignore[arg-type]
        logits = [reference.run(one.ids, one.types, one.mask) for one in each]
        known = [np.argmax(row) for row in logits if row is not None and row.shape[1] > 1]
        if len(known) == len(read.ids):
            labels = np.array(known, np.int64)
        else:
            said = "none"
    network = replace(imported.network, metadata={**imported.network.metadata, "labels": said})
    return network, Samples(codes, labels)


def _with_random_split(checkpoint: Checkpoint, imported: Imported, count: int) -> tuple[Network, Samples]:
    """The network, and a test split of ``count`` random sequences without labels, which the metadata say."""
    said = {"samples": f"random token ids, seed {RANDOM_SEED}", "labels": "none"}
    network = replace(imported.network, metadata={**imported.network.metadata, **said})
    drawn = _random_sequences(checkpoint, count, imported.options)
    return network, Samples(imported.embedding.codes(drawn.ids, mask=drawn.mask), None)


def _compare(checkpoint: Checkpoint, imported: Imported, read: Sequences | None, count: int) -> Comparison | None:
    if not count:
        return None
    held = (_random_sequences(checkpoint, count, imported.options) if read is None else read).first(count)
    return compare(checkpoint, imported, held.ids, held.types, held.mask)


def _document(checkpoint: Checkpoint, imported: Imported, comparison: Comparison | None, inputs: Path | None) -> dict[str, Any]:
    options = imported.options
    return {
        **head("shiftfire-import", 1),
        "checkpoint": {"file": checkpoint.origin, **checkpoint.sizes(), "not_read": list(checkpoint.ignored)},
        "options": {
            "tokens": options.tokens,
            "group": options.group,
            "rule": options.rule.name,
            "accumulator_bits": options.accumulator_bits,
            "binary_words": options.binary_words,
            "input_parts": options.input_parts,
            "mask": options.mask,
            "membrane_bits": options.membrane_bits,
        },
        "input_step": 2.0**imported.embedding.step_log2,
        "weights_without_sign": imported.on_mean,
        "level_error": imported.level_error,
        "notes": list(imported.notes),
        "compared_on": "random token ids" if inputs is None else inputs.name,
        "comparison": None if comparison is None else comparison.as_dict(),
    }


def _print(console: Console, folder: Path, checkpoint: Checkpoint, imported: Imported, comparison: Comparison | None) -> None:
    if comparison is not None:
        table = grid(
            "layer", "rms", "equal", "mean error", "greatest", "alone: equal", "mean error", "greatest", "beyond", "model equal"
        )
        for row in comparison.layers:
            cells = [[f"{e['equal']:.2%}", f"{e['mean_error']:.3g}", f"{e['max_error']:.3g}"] for e in (row.end_to_end, row.own)]
            table.add_row(row.layer, f"{row.rms:.3g}", *cells[0], *cells[1], f"{row.own['beyond']:.2%}", f"{row.model_equal:.2%}")
        title = f"{folder.name}: {comparison.samples} samples beside the float reference, end to end, and each layer on the reference's inputs"
        show(console, printable(title), table)
        if comparison.agreement is not None:
            console.print(f"predictions that agree: {comparison.agreement:.2%}")
    for note in imported.notes:
        console.print(f"note: {note}", markup=False)
    if imported.on_mean:
        console.print(f"note: {imported.on_mean} weights equal their matrix's mean and were taken as +1")
    if checkpoint.ignored:
        console.print(f"not read: {printable(', '.join(checkpoint.ignored))}", markup=False)
    sizes = ", ".join(f"{value} {key}" for key, value in checkpoint.sizes().items())
    console.print(f"{printable(str(folder))}: {sizes}; {len(imported.network.layers)} integer layers", markup=False)
