"""FaceBehaviorNet by the real workflow: sets of the run's own faces and of still pictures, scores on both."""

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from miniature import SETTINGS, Job, Miniature, make_miniature
from safetensors.torch import load_file
from stills_factory import write_rafdb
from traced_tables import check_altered_cells, check_every_cell

from affectflow.artifacts.record import read_record, record_path
from affectflow.artifacts.schemas import image_predictions_schema, predictions_schema
from affectflow.artifacts.tables import read_parquet
from affectflow.core.compound import RAFDB
from affectflow.core.tasks import tasks_of
from affectflow.core.tracks import track_of
from affectflow.lineage.chain import Chain

pytestmark = pytest.mark.slow

SYSTEM = "facebehaviornet"
MODEL = f"models/demo/{SYSTEM}/va+expr+au/FBN/official-123/model.safetensors"
IMAGES = "results/images.csv"
TARGETS = (
    *(f"results/{kind}_track{number}.csv" for kind in ("validation", "test") for number in (2, 3)),
    IMAGES,
    "results/table6.md",
)
TINY = {"name": "adam", "lr": 1e-5, "weight_decay": 0.0}
FACES = {
    "streams": ["face"],
    "init": None,
    "network": {
        "name": "multi_rnn",
        "components": {"face": {"backbone": "vgg16", "width": 4, "fc": [8], "rnn": "none"}},
    },
    "picture": {"size": 32, "normalise": "unit"},
    "sequence": {"length": 1, "stride": 1},
    "optimizer": {"name": "adam", "lr": 1e-3, "weight_decay": 0.0},
    "schedule": {"name": "constant"},
    "edition": "union17",
    "batch": 32,
    "epochs": 2,
}


def holistic(**sets: Any) -> dict[str, Any]:
    """Settings of a system whose one branch learns all tracks, with sets changed."""
    sources = {
        "VA": {"corpora": ["demo"], "tracks": ["va"], "batch": 12, "every": 2},
        "AU": {"corpora": ["demo"], "tracks": ["au"], "batch": 8, "every": 3},
        "EXPR": {"images": ["rafdb"], "corpora": ["demo"], "tracks": ["expr"], "batch": 5, "every": 5},
    } | sets
    loss = {"mse": 0.0, "bce_reduction": "frame", "coupling": {}}
    branch = FACES | {"tracks": ["va", "expr", "au"], "sources": sources, "loss": loss}
    track = {
        "branches": {"FBN": branch},
        "methods": {"FaceBehaviorNet": {"branches": ["FBN"]}},
        "submit": "FaceBehaviorNet",
    }
    columns = {
        "RAF-DB": {"images": "rafdb", "track": "expr", "score": "uar"},
        "compound": {"images": "compound", "track": "compound", "score": "uar"},
        "demo": {"corpus": "demo", "track": "va", "score": "ccc_valence"},
    }
    rows = {
        "cited": {"paper": {"RAF-DB": 0.58}},
        "FaceBehaviorNet": {"branches": ["FBN"], "paper": {"RAF-DB": 0.67, "demo": 0.5}},
        "zero-shot": {"branches": ["FBN"], "scored": ["compound"], "paper": {"compound": 0.35}},
        "few-shot": {"branches": ["FEW"], "scored": ["compound"]},
    }
    system = {
        "name": SYSTEM,
        "tracks": dict.fromkeys(("va", "expr", "au"), track),
        "scored_images": ["rafdb", "compound"],
        "few_shot": {"FEW": {"images": "compound", "start": "FBN", "batch": 4, "epochs": 1, "optimizer": TINY}},
        "image_tables": {"table6": {"title": "Table VI", "columns": columns, "rows": rows}},
    }
    images = {
        "rafdb": {"kind": "rafdb", "root": "data/raf", "size": 40},
        "compound": {"kind": "rafdb_compound", "root": "data/compound", "size": 40},
    }
    return {"system": system, "images": images, "videos_per_shard": 8, "scoring": {"resamples": 100}}


def write(project: Miniature, settings: dict[str, Any]) -> None:
    config = {name: value for name, value in SETTINGS.items() if name not in ("tracks", "system")} | settings
    (project.folder / "config" / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


@pytest.fixture(scope="module")
def trained(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    """A finished run."""
    project = make_miniature(root, tmp_path_factory.mktemp("holistic") / "project")
    write_rafdb(project.folder / "data/raf", train=21, test=14)
    write_rafdb(project.folder / "data/compound", classes=11, train=11, test=22)
    write(project, holistic())
    project.snakemake(*TARGETS)
    return project


@pytest.fixture
def project(trained: Miniature) -> Iterator[Miniature]:
    """The same, with its settings put back afterwards."""
    yield trained
    write(trained, holistic())


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def rules_of(jobs: set[Job]) -> list[str]:
    return sorted({rule for rule, _ in jobs})


def test_the_model_has_its_own_edition_and_its_predictions_that_of_the_corpus(project: Miniature) -> None:
    values = json.loads((project.folder / MODEL).with_name("branch.json").read_text())
    assert values["edition"] == "union17" and len(values["outputs"]) == 26
    assert values["units_left_out"] == {"sadness": [11]}
    assert values["splits"]["train"]["faces"].keys() == {"VA", "AU", "EXPR"}
    place = project.folder / f"predictions/demo/{SYSTEM}/au/FBN/official-123/validation.parquet"
    assert len(read_parquet(place, predictions_schema(track_of("au", "abaw2")))) > 0
    record = read_record(record_path(project.folder / MODEL))
    inputs = {item.path for item in record.inputs}
    assert {"config/relatedness/du2014.yaml", "work/images/rafdb/train.arrow", "work/demo/au/labels.parquet"} <= inputs


def test_still_pictures_are_predicted_scored_and_tabled(project: Miniature) -> None:
    place = f"predictions/demo/{SYSTEM}/va+expr+au/FBN/official-123/images/rafdb/validation.parquet"
    table = read_parquet(project.folder / place, image_predictions_schema(tasks_of("va+expr+au", "union17").outputs))
    assert len(table) == 14
    rows = {
        tuple(row[n] for n in ("branch", "images", "track", "score")): row for row in rows_of(project.folder / IMAGES)
    }
    prefixes = (("FBN", "rafdb", "expr"), ("FBN", "compound", "compound"), ("FEW", "compound", "compound"))
    coupling_keys = {("FBN", images, "coupling", "agreement") for images in ("rafdb", "compound")}
    assert set(rows) == coupling_keys | {(*prefix, score) for prefix in prefixes for score in ("f1", "accuracy", "uar")}
    for key, row in rows.items():
        if key in coupling_keys and row["pictures"] == "0":  # all neutral
            continue
        assert float(row["low"]) <= float(row["value"]) <= float(row["high"])
        assert key in coupling_keys or row["pictures"] == {"rafdb": "14", "compound": "22"}[row["images"]]
    basic, zero, few = (rows[(*prefix, "uar")] for prefix in prefixes)
    assert [row["note"] for row in (basic, zero, few)] == ["", "zero-shot", "few-shot"]
    assert (basic["learnt"], few["learnt"]) == ("va+expr+au", "rafdb_compound")
    table6 = {row["row"]: row for row in rows_of(project.folder / "results/table6.csv")}
    assert list(table6) == ["cited", "FaceBehaviorNet", "zero-shot", "few-shot"], "as in the settings"
    assert table6["FaceBehaviorNet"]["RAF-DB"] == basic["value"]
    assert table6["FaceBehaviorNet"]["compound"] == "" and table6["cited"]["RAF-DB"] == ""
    assert (table6["zero-shot"]["compound"], table6["few-shot"]["compound"]) == (zero["value"], few["value"])
    intervals = {
        (r["method"], r["score"]): r["value"] for r in rows_of(project.folder / "results/intervals_track1.csv")
    }
    assert table6["FaceBehaviorNet"]["demo"] == intervals["FaceBehaviorNet", "ccc_valence"]
    assert "synthetic" in (project.folder / "results/table6.md").read_text()


def test_few_shot_learning_goes_on_from_the_branch_with_another_output_layer(project: Miniature) -> None:
    place = project.folder / f"models/demo/{SYSTEM}/rafdb_compound/FEW/official-123"
    values = json.loads((place / "branch.json").read_text())
    assert values["outputs"] == list(RAFDB) and values["splits"]["train"]["faces"] == {"few": 11}
    few, start = load_file(place / "model.safetensors"), load_file(project.folder / MODEL)
    assert few["output.weight"].shape == (11, 8) and start["output.weight"].shape == (26, 8)
    first = "components.face.backbone.features.0.weight"
    # Three steps of 1e-5 away, where random weights would be about 0.2.
    assert 0 < float((few[first] - start[first]).abs().max()) < 1e-4
    inputs = {item.path for item in read_record(record_path(place / "model.safetensors")).inputs}
    assert {MODEL, "work/images/compound/train.arrow"} <= inputs


def test_every_byte_and_link_holds_and_leads_to_the_lists(project: Miniature) -> None:
    project.affectflow("verify")
    behind = Chain(project.folder).behind([IMAGES])
    for name in (MODEL, "work/images/compound/validation.arrow", "data/raf/EmoLabel/list_patition_label.txt"):
        assert name in behind, name
    assert "FBN" in project.affectflow("trace", IMAGES).stdout


def test_only_what_depends_on_a_change_is_made_again(project: Miniature) -> None:
    assert project.planned(*TARGETS) == set()
    path = project.folder / "config/relatedness/du2014.yaml"
    before = path.read_text()
    path.write_text(before.replace("6: 0.51", "6: 0.52"))
    rules = rules_of(project.planned(MODEL, IMAGES))
    path.write_text(before)
    assert {"train", "predict_images", "score_images"} <= set(rules) and "images" not in rules
    write(project, holistic(VA={"corpora": ["demo"], "tracks": ["va"], "batch": 6, "every": 2}))
    assert rules_of(project.planned(MODEL)) == ["train"]


def test_a_system_predicts_a_video(project: Miniature, tmp_path: Path) -> None:
    video = next((project.folder / "data/demo/videos").rglob("*.mp4"))
    project.affectflow("predict", video, "--out", tmp_path / "out")
    assert list((tmp_path / "out").rglob("*.csv"))


def test_what_is_missing_is_said_at_the_start(project: Miniature, tmp_path: Path) -> None:
    write(project, holistic(AU={"corpora": ["disfa"], "tracks": ["au"], "batch": 8}))
    result = project.snakemake("-n", MODEL, check=False)
    output = result.stdout + result.stderr
    assert result.returncode != 0 and "work/disfa/au/manifest.parquet" in output
    assert (
        "whose corpus.name is disfa" in output and "snakemake --cores 8 --configfile SETTINGS.yaml artifacts" in output
    )
    write(project, holistic(AU={"images": ["emotionet"], "tracks": ["au"], "batch": 8}))
    result = project.snakemake("-n", MODEL, check=False)
    assert (
        "sources has the images emotionet, and the setting images has rafdb, compound" in result.stdout + result.stderr
    )
    write(project, holistic())
    folder = project.folder / "data/raf"
    shutil.move(folder, tmp_path / "raf")
    try:
        result = project.snakemake("-n", MODEL, check=False)
    finally:
        shutil.move(tmp_path / "raf", folder)
    output = result.stdout + result.stderr
    assert result.returncode != 0 and "Without rafdb, leave it out of tracks.au.branches.FBN.sources" in output


def test_another_corpus_s_artifacts_are_a_member(project: Miniature) -> None:
    other = project.folder / "work/other"
    if not other.exists():
        shutil.copytree(project.folder / "work/demo", other)
    write(project, holistic(AU={"corpora": ["other"], "tracks": ["au"], "batch": 8, "every": 3}))
    assert rules_of(project.planned(MODEL)) == ["train"]
    dry_run = project.snakemake("-n", "-p", MODEL).stdout
    assert "--corpus demo=work/demo" in dry_run and "--corpus other=work/other" in dry_run
    assert "work/other/au/labels.parquet" in dry_run and "work/other/faces/" in dry_run


def test_every_cell_of_every_table_is_traced(project: Miniature) -> None:
    counts = check_every_cell(project.folder)
    assert {"results/images.csv", "results/images.json"} <= counts.keys()
    assert check_altered_cells(project.folder) > len(counts)
