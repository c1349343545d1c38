"""How data/recording.aedat4 and data/recording.npz were made: with inivation's own library, dv-processing 2.0.4 (``pip install dv-processing``).

python tests/inputs/record_aedat4.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

FOLDER = Path(__file__).parent / "data"
SENSOR, EVENTS, START_US = 34, 500, 1_700_000_000_000_000


def main() -> None:
    import dv_processing as dv

    rng = np.random.default_rng(0)
    config = dv.io.MonoCameraWriter.EventOnlyConfig("made", (SENSOR, SENSOR))
    writer = dv.io.MonoCameraWriter(str(FOLDER / "recording.aedat4"), config)
    store = dv.EventStore()
    for t in np.sort(rng.integers(0, 300_000, EVENTS)) + START_US:
        store.push_back(int(t), int(rng.integers(SENSOR)), int(rng.integers(SENSOR)), bool(rng.integers(2)))
    writer.writeEvents(store)
    events = store.numpy()
    columns = {name: events[field] for name, field in {"t": "timestamp", "x": "x", "y": "y", "p": "polarity"}.items()}
    np.savez_compressed(FOLDER / "recording.npz", **columns)


if __name__ == "__main__":
    main()
