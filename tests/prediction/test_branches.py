"""The networks of all tracks take turns over a video, and say what each says by itself."""

from pathlib import Path

import pytest
from people import film
from untrained import BRANCHES, make_system

from affectflow.config.system.load import load_run
from affectflow.inference.predict import predict_split
from affectflow.prediction import branches
from affectflow.prediction.branches import predict_members, table_of, turns
from affectflow.prediction.selection import Selection
from affectflow.prediction.system import TrainedSystem, find_trained
from affectflow.prediction.video import score_video

# Of other lengths and batches than the rest, so that the branches are never at the same frame.
FACE = {**BRANCHES["BCF"], "streams": ["face"], "batch": 3, "sequence": {"length": 5, "stride": 5}}
MEMBERS = [(track, member) for track in ("va", "expr", "au") for member in ("BCF", "A", "F")]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> TrainedSystem:
    folder = tmp_path_factory.mktemp("system")
    every = BRANCHES | {"F": FACE}
    track = {"branches": every, "methods": {"all": {"branches": list(every)}}, "submit": "all"}
    settings = make_system(folder, system={"name": "small", "tracks": dict.fromkeys(("va", "expr", "au"), track)})
    return find_trained(load_run(settings), folder)


@pytest.fixture(scope="module")
def work(system: TrainedSystem, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifacts of a video, with the predictions of all members."""
    folder = tmp_path_factory.mktemp("work")
    score_video(film(folder / "film.mkv", [frame % 9 != 4 for frame in range(41)]), system, folder, Selection())
    return folder


@pytest.mark.parametrize(("track", "member"), MEMBERS)
def test_each_says_what_it_says_by_itself(
    system: TrainedSystem, work: Path, tmp_path: Path, track: str, member: str
) -> None:
    trained = next(trained for name, trained in system.tracks.items() if name == track)
    run, manifest, alone = system.run, work / "manifest.parquet", tmp_path / "alone.parquet"
    options = {"device": run.device, "loader": run.loader, "windowing": run.inference.videos}
    predict_split(trained.models[member], manifest, work, "test", alone, **options)
    assert table_of(work, trained.track.name, member).read_bytes() == alone.read_bytes()


def test_models_that_are_large_together_are_in_memory_one_after_the_other(
    system: TrainedSystem, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert turns(system) == {"networks": MEMBERS}
    monkeypatch.setattr(branches, "_MODEL_BYTES", 1)
    groups = turns(system)
    assert groups == {f"networks {place}": [member] for place, member in enumerate(MEMBERS, 1)}
    tables = [table_of(work, *member) for member in MEMBERS]
    before = [table.read_bytes() for table in tables]
    for table in tables:
        table.unlink()
    for members in groups.values():
        predict_members(members, system, work)
    assert [table.read_bytes() for table in tables] == before
