"""Compress a classifier trained on intents, and print the receipts.

    python -m benchmarks.compress FOLDER [--rows 4000]

FOLDER holds `banking77.jsonl`. A model is trained on so many rows of the training split with our own
`train`, then compressed with our own `compress`; a fifth of the rows is held back from both. The baseline
is the model's own encoder in fp32 under ONNX Runtime. Reach: 0.3 of the size, 0.6 of the latency, half a
point lost.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from pathlib import Path

from models.runtimes import Runtimes
from skills.classify.compress import Compress
from skills.classify.operations import CompressRequest, TrainRequest
from skills.classify.training import Train
from skills.contract import Context
from skills.events import Answer, Table


def main() -> int:
    """Train, compress, report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=4000)
    given = parser.parse_args()
    lines = (given.folder / "banking77.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if row["split"] == "train"]
    rows = random.Random(0).sample(rows, min(given.rows, len(rows)))
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "intents.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        context = Context(Runtimes(), Path(home))
        request = TrainRequest(file=path, label="label", name="intents")
        trained = list(Train().run(request, context))[-1]
        assert isinstance(trained, Answer)
        print(trained.text)
        for event in Compress().run(CompressRequest(name="intents"), context):
            if isinstance(event, Table):
                print("\n".join(" | ".join(row) for row in (event.columns, *event.rows)))
            if isinstance(event, Answer):
                print(event.text)
                best = next(v for v in event.data["variants"] if v["way"] == event.data["kept"])
                for name, value, most in (
                    ("size", best["size_ratio"], 0.3),
                    ("latency", best["latency_ratio"], 0.6),
                    ("points lost", 100 * best["lost"], 0.5),
                ):
                    print(
                        f"  {name}: {value:.3f}, reach {most}: {'yes' if value <= most else 'no'}"
                    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
