"""``python -m shiftfire.training <model> [directory]``: train a shipped model and write it.

The same seed gives the same files on one machine. On another CPU torch's float sums may round otherwise, and a model come out a sample better or worse.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..closed_loop.tasks import TASKS
from ..golden.execute import execute
from ..network.bundled import models_directory
from ..network.container import Samples, save_network
from .cnn import DigitsCnn
from .control import train_policy
from .loop import accuracy, reproducible, train
from .mlp import DigitsMlp
from .model import TrainableModel
from .sdt import SdtTiny
from .sorbet import SorbetTiny
from .spikformer import SpikformerTiny
from .split import Split
from .ssf import DigitsSsf

MODELS: dict[str, type[TrainableModel]] = {
    "digits-mlp": DigitsMlp,
    "digits-cnn": DigitsCnn,
    "digits-ssf": DigitsSsf,
    "spikformer-tiny": SpikformerTiny,
    "sdt-tiny": SdtTiny,
    "sorbet-tiny": SorbetTiny,
}


def train_model(name: str, kind: type[TrainableModel], directory: Path) -> None:
    """Train float counterparts and integer models, compare the latter with golden, write the first seed's container to ``directory``."""
    split = kind.load_split()
    vectors = split.vectors(split.test_inputs)
    trained = [_trained(name, kind, split, seed) for seed in kind.seeds]
    first = trained[0]
    metadata = {
        "script": f"python -m shiftfire.training {name}",
        "data": split.description,
        "seed": str(kind.seeds[0]),
        "test_samples": str(len(split.test_labels)),
        "float_accuracy": f"{first.float_accuracy:.4f}",
        "integer_accuracy": f"{first.accuracy:.4f}",
        **_of_seeds(trained),
        **kind.baselines(split),
    }
    save_network(first.model.export(metadata), directory, Samples(vectors, split.test_labels))
    for key, value in metadata.items():
        print(f"{name}: {key}: {value}")
    print(f"{name}: written to {directory}")


@dataclass(frozen=True, eq=False)
class _Trained:
    model: TrainableModel
    float_accuracy: float
    accuracy: float


def _trained(name: str, kind: type[TrainableModel], split: Split, seed: int) -> _Trained:
    """Model and float counterpart of one seed. Raises RuntimeError when golden reaches another accuracy than the model."""
    with reproducible(seed):
        counterpart = kind.float_counterpart()
        train(counterpart, split, kind.float_recipe)
        float_accuracy = accuracy(counterpart, split)
    with reproducible(seed):
        model = kind()
        train(model, split, kind.recipe, counterpart if kind.distilled else None)
        model.finish(split)
        model_accuracy = accuracy(model, split)
    predictions = execute(model.export({}), split.vectors(split.test_inputs)).predictions
    assert predictions is not None
    golden_accuracy = float(np.mean(predictions == split.test_labels))
    if golden_accuracy != model_accuracy:
        raise RuntimeError(f"{name}: golden reaches {golden_accuracy:.4f}, the trained model {model_accuracy:.4f}")
    return _Trained(model, float_accuracy, golden_accuracy)


def _of_seeds(trained: Sequence[_Trained]) -> dict[str, str]:
    """Mean and deviation over the seeds, of several."""
    if len(trained) == 1:
        return {}
    reached = {"float": [one.float_accuracy for one in trained], "integer": [one.accuracy for one in trained]}
    return {
        f"{kind}_accuracy_of_{len(trained)}_seeds": f"{np.mean(values):.4f} +- {np.std(values):.4f}"
        for kind, values in reached.items()
    }


TRAINERS: dict[str, Callable[[Path], None]] = {
    **{name: partial(train_model, name, kind) for name, kind in MODELS.items()},
    **{task.model: partial(train_policy, task) for task in TASKS.values()},
}


def main(arguments: list[str]) -> int:
    """Train one model; exit code 2 when none is named."""
    if len(arguments) not in (1, 2) or arguments[0] not in TRAINERS:
        print(f"usage: python -m shiftfire.training {'|'.join(TRAINERS)} [directory]", file=sys.stderr)
        return 2
    directory = Path(arguments[1]) if len(arguments) == 2 else models_directory() / arguments[0]
    TRAINERS[arguments[0]](directory)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
