"""bf16 against float32: predictions of the validation split by every branch of a finished run, and their scores.

    python benchmarks/precision.py        in the project's folder, after a run

Prints, for each branch, the largest difference of a prediction and the difference of each score.
"""

import tempfile
from pathlib import Path

import numpy as np

from affectflow.artifacts.predictions import read_predictions
from affectflow.config.system.execution import Loader
from affectflow.config.system.load import load_run
from affectflow.fusion.annotated import expand_labels
from affectflow.inference.predict import predict_split
from affectflow.metrics.sufficient_statistics import scores, tally


def main() -> None:
    run = load_run([Path("config/config.yaml")], {})
    work = Path("work") / run.corpus.name
    print("| track | branch | largest difference of a prediction | scores, bf16 - float32 |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, system in run.used.items():
            track, labels = run.track(name), work / name / "labels.parquet"
            for branch in system.branches:
                model = Path("models") / run.corpus.name / run.system.name / name / branch / f"official-{run.seed}"
                values, by_precision = {}, {}
                for precision in ("32-true", "bf16-mixed"):
                    out = Path(folder) / f"{name}-{branch}-{precision}.parquet"
                    device = run.device.model_copy(update={"precision": precision})
                    manifest = work / name / "manifest.parquet"
                    predict_split(model, manifest, work, "validation", out, device=device, loader=Loader())
                    table = read_predictions(out, track)
                    targets = expand_labels(labels, table, track).targets
                    values[precision] = table.values
                    by_precision[precision] = scores(
                        track, tally(track, table.values, targets, table.starts).sum(axis=0)
                    )
                largest = np.abs(values["bf16-mixed"] - values["32-true"]).max()
                half, single = by_precision["bf16-mixed"], by_precision["32-true"]
                changes = ", ".join(f"{score} {float(half[score] - single[score]):+.5f}" for score in track.scores)
                print(f"| {name} | {branch} | {largest:.4f} | {changes} |", flush=True)


if __name__ == "__main__":
    main()
