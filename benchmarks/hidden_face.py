"""How the demo's branches score valence and arousal where the face is hidden: why the paper has body and context too.

Run it where the workflow has made the demo's results: `python benchmarks/hidden_face.py`. Validation split only.
"""

from pathlib import Path

import numpy as np

from affectflow.artifacts.predictions import read_branches
from affectflow.artifacts.schemas import FRAMES, labels_schema
from affectflow.artifacts.tables import read_arrow, read_parquet
from affectflow.config.corpora import DemoCorpus
from affectflow.config.load import load_run
from affectflow.corpus.demo.clips import plan
from affectflow.corpus.demo.perform import hidden_span
from affectflow.metrics import ccc


def main() -> None:
    run = load_run(Path("config/config.yaml"))
    assert isinstance(run.corpus, DemoCorpus), "this figure is of the demo"
    track, place = run.track("va"), f"{run.corpus.name}/{run.system.name}/va"
    tables = read_branches(
        {b: Path(f"predictions/{place}/{b}/official-{run.seed}/validation.parquet") for b in run.used["va"].branches},
        track,
    )
    hidden = _hidden_frames(run.corpus)
    first = next(iter(tables.values()))
    labels = read_parquet(Path("work") / run.corpus.name / "va" / "labels.parquet", labels_schema(track)).to_pandas()
    labels = labels[labels["subject"].isin(first.subjects)].dropna()
    starts = dict(zip(first.subjects, first.starts[:-1].tolist(), strict=True))
    rows = np.array([starts[s] + f for s, f in zip(labels["subject"], labels["frame"], strict=True)])
    covered = np.array([bool(hidden[s][f]) for s, f in zip(labels["subject"], labels["frame"], strict=True)])
    print(f"{'branch':8} {'frames':>8} {'valence':>8} {'arousal':>8} {'total':>8}")
    for name, where in (("open", ~covered), ("hidden", covered)):
        for branch, table in tables.items():
            scores = [
                ccc(table.values[rows[where], column], labels[target].to_numpy()[where])
                for column, target in enumerate(track.targets)
            ]
            figures = " ".join(f"{score:8.3f}" for score in [*scores, sum(scores) / 2])
            print(f"{branch:8} {where.sum():8d} {figures}  face {name}")


def _hidden_frames(corpus: DemoCorpus) -> dict[str, np.ndarray]:
    """For each subject of the validation split, whether its face is hidden in each frame."""
    times: dict[str, np.ndarray] = {}
    for path in sorted(Path("work", corpus.name, "frames").glob("*.arrow")):
        table = read_arrow(path, FRAMES).select(["video", "time"]).to_pandas()
        times |= {video: group["time"].to_numpy() for video, group in table.groupby("video")}
    found = {}
    for clip in plan(corpus):
        for actor in clip.actors if clip.split == "validation" else ():
            begin, end = hidden_span(corpus, actor)
            found[actor.subject] = (times[clip.video] >= begin) & (times[clip.video] <= end)
    return found


if __name__ == "__main__":
    main()
