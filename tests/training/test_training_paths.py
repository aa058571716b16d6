"""What the command line of a training must say of its branch."""

from pathlib import Path
from typing import Any

import pytest
from plan_lab import plan_of

from affectflow.config.system.branch import Branch
from affectflow.core.errors import InputError
from affectflow.training.paths import Paths, learnt_task, training_paths

FOLDERS = {name: Path(name) for name in ("checkpoints", "out", "weights", "weights_dir")}
STILLS = {name: Path("work/images") / name for name in ("expw", "afewva", "affectnet")}
OWN, OTHER = Path("work/demo"), Path("work/other")
FILES = {"va": Path("va"), "expr": Path("expr")}


def branch_of(config: str, name: str) -> Branch:
    return plan_of(config).used["va"].branches[name]


def paths(branch: Branch, **changes: Any) -> Paths:
    options = {"manifests": FILES, "labels": FILES, "images": STILLS, "corpora": {"demo": OWN}, "work": OWN, **FOLDERS}
    return training_paths(branch, **{**options, **changes})


def test_what_is_learnt_is_what_the_own_corpus_has_unless_sets_have_it() -> None:
    single, sets = branch_of("config/config.yaml", "F"), branch_of("config/demo_vu.yaml", "Teacher-12")
    assert learnt_task(single, None, ["va"]) == learnt_task(single, "va", ["va"]) == "va"
    assert learnt_task(sets, "va+expr", []) == "va+expr"
    with pytest.raises(InputError, match="--tracks is va, --manifest is given for va, expr"):
        learnt_task(single, "va", ["va", "expr"])
    with pytest.raises(InputError, match="--tracks is not given, --manifest is given for none"):
        learnt_task(sets, None, [])


def test_members_lie_where_they_are_said_to_lie() -> None:
    student = branch_of("config/demo_vu.yaml", "Teacher-123")
    members = paths(student).members
    assert members.images == STILLS
    assert [source.manifest for source in members.corpora["demo"].sources.values()] == list(FILES.values())
    other = paths(student, corpora={"demo": OTHER}).members.corpora["demo"].sources
    assert {track: (source.manifest, source.labels) for track, source in other.items()} == {
        track: (OTHER / track / "manifest.parquet", OTHER / track / "labels.parquet") for track in ("va", "expr")
    }
    with pytest.raises(InputError, match="say not where expw, demo lie"):
        paths(student, images={name: path for name, path in STILLS.items() if name != "expw"}, corpora={})


def test_labels_teacher_and_features_are_those_of_the_branch() -> None:
    student = branch_of("config/demo_vu.yaml", "GRU-Student")
    teacher, features = Path("teacher"), {"Student-shared": Path("features")}
    assert paths(student, teacher=teacher, features=features).teacher == teacher
    with pytest.raises(InputError, match=r"--labels for va$"):
        paths(student, labels={"va": Path("va")}, teacher=teacher, features=features)
    with pytest.raises(InputError, match="--teacher is None, the branch's teacher is GRU-Teacher"):
        paths(student, features=features)
    with pytest.raises(InputError, match="--features is given for none"):
        paths(student, teacher=teacher)
