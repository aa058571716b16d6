"""A setting that DVC writes into a settings file (`dvc exp run -S`) is what our reader reads, and nothing else is."""

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dvc.exceptions import InvalidArgumentError
from dvc.utils.hydra import apply_overrides
from shipped import CONFIG, RUNS

from affectflow.config.sharing import read_extended


def with_value(values: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    changed = copy.deepcopy(values)
    group = changed
    for key in path[:-1]:
        group = group.setdefault(key, {})
    group[path[-1]] = value
    return changed


def branches_of(values: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for track, track_settings in values["system"]["tracks"].items():
        yield from (("system", "tracks", track, "branches", name) for name in track_settings.get("branches", {}))


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """A copy of all shipped settings."""
    return Path(shutil.copytree(CONFIG, tmp_path / "config"))


@pytest.mark.parametrize("name", RUNS, ids=str)
def test_one_value_of_each_branch_is_set_alone(settings: Path, name: Path) -> None:
    path = settings / name
    shipped, before = path.read_text(), read_extended(path)
    paths = list(branches_of(before))
    assert paths
    for branch in paths:
        apply_overrides(path, [f"++{'.'.join(branch)}.epochs=1234"])
        assert read_extended(path) == with_value(before, (*branch, "epochs"), 1234)
        path.write_text(shipped)


@pytest.mark.parametrize("name", RUNS, ids=str)
def test_a_value_that_stands_in_the_file_is_set_alone(settings: Path, name: Path) -> None:
    path = settings / name
    shipped, before = path.read_text(), read_extended(path)
    apply_overrides(path, ["device.threads=17"])
    assert read_extended(path) == with_value(before, ("device", "threads"), 17)
    if "videos_per_shard" in before:
        path.write_text(shipped)
        apply_overrides(path, ["videos_per_shard=77"])
        assert read_extended(path) == with_value(before, ("videos_per_shard",), 77)


@pytest.mark.parametrize("track", ["va", "expr", "au"])
def test_a_value_of_a_template_is_refused_with_its_name_or_added_to_one_track(settings: Path, track: str) -> None:
    path = settings / "config.yaml"
    shipped, before = path.read_text(), read_extended(path)
    key = f"system.tracks.{track}.branches.F.epochs"
    with pytest.raises(InvalidArgumentError) as caught:
        apply_overrides(path, [f"{key}=3"])
    assert f"Could not override '{key}'" in str(caught.value.__cause__)
    assert path.read_text() == shipped
    apply_overrides(path, [f"+{key}=3"])
    assert read_extended(path) == with_value(before, tuple(key.split(".")), 3)


def test_a_template_is_set_for_all_that_are_like_it(settings: Path) -> None:
    path = settings / "config.yaml"
    apply_overrides(path, ["templates.face.epochs=3"])
    tracks = read_extended(path)["system"]["tracks"]
    assert {track: track_settings["branches"]["F"]["epochs"] for track, track_settings in tracks.items()} == {
        "va": 3,
        "expr": 3,
        "au": 3,
    }
    assert tracks["va"]["branches"]["BCF"]["epochs"] == 8
