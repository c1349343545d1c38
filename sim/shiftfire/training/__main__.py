"""``python -m shiftfire.training <model> [directory]``: train a shipped model and write it.

The same seed gives the same files on one machine. On another CPU torch's float sums may round otherwise, and a model come out a sample better or worse.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from ..golden.execute import execute
from ..network.bundled import models_directory
from ..network.container import Samples, save_network
from .cnn import DigitsCnn
from .loop import accuracy, reproducible, train
from .mlp import DigitsMlp
from .model import TrainableModel
from .sdt import SdtTiny
from .sorbet import SorbetTiny
from .spikformer import SpikformerTiny
from .ssf import DigitsSsf

MODELS: dict[str, type[TrainableModel]] = {
    "digits-mlp": DigitsMlp,
    "digits-cnn": DigitsCnn,
    "digits-ssf": DigitsSsf,
    "spikformer-tiny": SpikformerTiny,
    "sdt-tiny": SdtTiny,
    "sorbet-tiny": SorbetTiny,
}
SEED = 1


def train_model(name: str, kind: type[TrainableModel], directory: Path) -> None:
    """Train float counterpart and integer model, compare the latter with golden, write the container to ``directory``."""
    split = kind.load_split()
    with reproducible(SEED):
        counterpart = kind.float_counterpart()
        train(counterpart, split, kind.float_recipe)
        float_accuracy = accuracy(counterpart, split)
    with reproducible(SEED):
        model = kind()
        train(model, split, kind.recipe, counterpart if kind.distilled else None)
        model_accuracy = accuracy(model, split)
    vectors = split.vectors(split.test_inputs)
    predictions = execute(model.export({}), vectors).predictions
    assert predictions is not None
    golden_accuracy = float(np.mean(predictions == split.test_labels))
    if golden_accuracy != model_accuracy:
        raise RuntimeError(f"{name}: golden reaches {golden_accuracy:.4f}, the trained model {model_accuracy:.4f}")
    metadata = {
        "script": f"python -m shiftfire.training {name}",
        "data": split.description,
        "seed": str(SEED),
        "test_samples": str(len(split.test_labels)),
        "float_accuracy": f"{float_accuracy:.4f}",
        "integer_accuracy": f"{golden_accuracy:.4f}",
    }
    save_network(model.export(metadata), directory, Samples(vectors, split.test_labels))
    print(f"{name}: float {float_accuracy:.4f}, integer {golden_accuracy:.4f}, written to {directory}")


def main(arguments: list[str]) -> int:
    """Train one model; exit code 2 when none is named."""
    if len(arguments) not in (1, 2) or arguments[0] not in MODELS:
        print(f"usage: python -m shiftfire.training {'|'.join(MODELS)} [directory]", file=sys.stderr)
        return 2
    directory = Path(arguments[1]) if len(arguments) == 2 else models_directory() / arguments[0]
    train_model(arguments[0], MODELS[arguments[0]], directory)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
