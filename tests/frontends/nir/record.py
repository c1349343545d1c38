"""Records what each framework computes for the networks it exports, for tests that run without it.

    PYTHONPATH=hw:sim python tests/frontends/nir/record.py snntorch norse spikingjelly sinabs rockpool

in an environment that has the framework (`make frameworks` makes them). Writes ``vectors/NAME.nir`` as the framework
exported it, ``NAME.npz`` with the input and the outputs of all neurons, and ``NAME.json`` with where they come from.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))


def writable(graph: Any) -> Any:
    """The graph with tensors as arrays, and the shapes that nir.write needs and some exporters leave out (None)."""
    from shiftfire.frontends.nir.build import graph_of

    shapes = graph_of(graph).input_shapes
    for name, node in graph.nodes.items():
        if type(node).__name__ == "NIRGraph":
            continue
        for key, value in vars(node).items():
            if hasattr(value, "detach"):
                setattr(node, key, value.detach().numpy())
            if key == "input_shape" and value is None:
                node.input_shape = np.array(shapes[name][1:])
        if type(node).__name__ == "Flatten" and node.input_type.get("input") is None:
            node.input_type = {"input": np.array(shapes[name])}
    return graph


def record(case: Any, folder: Path) -> None:
    """Writes one case."""
    import nir

    compression = {"compression": None} if "compression" in inspect.signature(nir.write).parameters else {}
    nir.write(folder / f"{case.name}.nir", writable(case.graph), **compression)
    np.savez_compressed(
        folder / f"{case.name}.npz", input=case.inputs, **{f"output/{key}": value for key, value in case.outputs.items()}
    )
    told = {
        "framework": case.framework,
        "version": case.version,
        "nir": importlib.metadata.version("nir"),
        "profile": case.profile,
        "script": "tests/frontends/nir/record.py",
        "weights": "dyadic",
    }
    (folder / f"{case.name}.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def main(frameworks: list[str]) -> None:
    from support.nir_networks.case import dyadic

    for framework in frameworks:
        module = importlib.import_module(f"support.nir_networks.{framework}_cases")
        for case in module.cases(dyadic, "dyadic"):
            record(case, HERE / "vectors")
            print(case.name)


if __name__ == "__main__":
    main(sys.argv[1:])
