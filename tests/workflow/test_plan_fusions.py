"""What methods are fused from, what results there are and what they are filled from, without Snakemake."""

import json
from pathlib import Path

import pytest
from plan_lab import plan_of

from affectflow.artifacts.layout import OFFICIAL, TrackRun, Training
from affectflow.core.errors import InputError
from affectflow.workflow.plan import stills, tables, targets
from affectflow.workflow.plan.fusions import FusionPlan
from affectflow.workflow.plan.plan import Plan

ENSEMBLE = "Transformer-ires100-fau-wav2vec-VGGish-ComParE-eGeMAPS"


def fusion(plan: Plan, track: str, fold: str = OFFICIAL, seed: int = 123) -> FusionPlan:
    return FusionPlan(plan, TrackRun(track, fold, seed))


def test_the_submitted_method_is_fused_from_its_branches() -> None:
    va = fusion(plan_of("config/config.yaml"), "va")
    assert va.submitted == ["A", "F", "BCF"]  # Audio + Visual (F + BCF)
    folder = "predictions/demo/ntua/va"
    assert va.predictions("test", va.submitted) == {
        name: f"{folder}/{name}/official-123/test.parquet" for name in ("A", "F", "BCF")
    }
    assert va.weights == "fusion/demo/ntua/va/official-123/weights.json"
    assert va.options == "--track va --edition abaw2"


def test_what_is_left_out_changes_those_alone_that_look_at_it() -> None:
    conditions = fusion(plan_of("config/config.yaml"), "va").conditions
    touched = {
        "as recorded": set(),
        "without face": {"F", "BCF"},
        "without body": {"BCF"},
        "without sound": {"A"},
    }
    assert list(conditions) == list(touched)
    for condition, branches in touched.items():
        sense = condition.rpartition(" ")[2]
        for name, path in conditions[condition].items():
            split = f"validation-without-{sense}" if name in branches else "validation"
            assert path == f"predictions/demo/ntua/va/{name}/official-123/{split}.parquet"


def test_members_of_folds_are_of_the_first_seed_and_smoothed_like_others() -> None:
    va = fusion(plan_of("config/demo_meng.yaml"), "va")
    members = [f"{ENSEMBLE}:fold{number}" for number in range(1, 6)]
    assert va.each_member("5-Fold") == members
    assert va.training(members[1]) == Training("va", ENSEMBLE, "fold2", 123)
    assert va.prediction(members[1], "test") == f"predictions/demo/meng/va/{ENSEMBLE}/fold2-123/smoothed/test.parquet"
    unvalidated = json.loads(va.unvalidated_methods_text)
    assert unvalidated["5-Fold"] == {"valence": members, "arousal": members}
    assert unvalidated["Train-Val-Mix"] == {"valence": ["Mix-valence"], "arousal": ["Mix-arousal"]}
    assert json.loads(fusion(va.plan, "va", seed=124).unvalidated_methods_text) == {}


def test_only_the_methods_of_folds_are_trained_on_folds() -> None:
    plan = plan_of("config/demo_meng.yaml")
    assert fusion(plan, "va", "fold2").validated_branches == [ENSEMBLE]
    official = fusion(plan, "va").validated_branches
    assert ENSEMBLE in official and len(official) > 10
    assert not {"Mix-valence", "Mix-arousal"} & set(official)  # they have learnt from the validation split


def test_runs_of_seeds_and_of_folds() -> None:
    va = fusion(plan_of("config/demo_meng.yaml"), "va")
    place = "fusion/demo/meng/va"
    assert va.weights_of_runs("seeds") == {str(s): f"{place}/official-{s}/weights.json" for s in (123, 124, 125)}
    assert va.weights_of_runs("folds") == {f"fold{n}": f"{place}/fold{n}-123/weights.json" for n in range(1, 6)}


def test_prediction_needs_the_extractors_and_sets_behind_the_submitted_members() -> None:
    vu = fusion(plan_of("config/demo_vu.yaml"), "va")
    assert set(vu.extractors.values()) <= {Training("va+expr", "Student-shared", OFFICIAL, 123)}
    assert vu.feature_sets == []
    meng = fusion(plan_of("config/demo_meng.yaml"), "va")
    assert meng.extractors == {}
    assert set(meng.feature_sets) == {"DenseNet", "ires100", "fau", "wav2vec", "VGGish", "ComParE", "eGeMAPS"}


def test_utterances_are_scored_where_the_corpus_annotates_them() -> None:
    va = fusion(plan_of("config/multirnn.yaml"), "va")
    assert va.plan.labels_as_read == "work/omg/{track}/utterances/as_read.parquet"
    assert va.labels == "work/omg/va/labels.parquet"
    assert va.scored_labels == "work/omg/va/utterances/labels.parquet"
    assert va.scored_manifest == "work/omg/va/utterances/manifest.parquet"
    assert va.frame_manifest == [] == va.faces_of_frames
    assert va.prediction("ResNet-50", "test") == (
        "predictions/omg/multirnn/va/ResNet-50/official-123/utterances/test.parquet"
    )
    frames = fusion(plan_of("config/config.yaml"), "va")
    assert frames.frame_manifest == ["work/demo/va/manifest.parquet"]
    assert frames.faces_of_frames == ["work/demo/faces/c.arrow"]


def test_results_of_one_track() -> None:
    per_track = ["validation", "intervals", "differences", "modality_ablation"]
    tested = plan_of("config/config.yaml", tracks=["va"])
    assert targets.results(tested) == [
        "work/demo/va/manifest.parquet",
        "results/metrics.json",
        "results/test_track1.csv",
        *(f"results/{kind}_track1.csv" for kind in per_track),
        *(f"results/{table}.{suffix}" for table in ("table2", "table3") for suffix in ("csv", "md")),
        "results/training_curves_track1.csv",
        "results/trajectories_track1.csv",
        "results/tracked_scores_track1.json",
        "results/report.html",
        *(f"results/leaderboard.{suffix}" for suffix in ("csv", "md", "html")),
    ]
    untested = plan_of("config/config.yaml", test=False, tracks=["va"])
    assert set(targets.results(tested)) - set(targets.results(untested)) == {"results/test_track1.csv"}
    with pytest.raises(InputError, match=r"docs/corpora\.md"):
        fusion(untested, "va").fused_test  # noqa: B018


def test_a_corpus_without_labels_is_only_preprocessed() -> None:
    plan = plan_of("config/config.yaml", labelled=False)
    manifests = [f"work/demo/{track}/manifest.parquet" for track in ("va", "expr", "au")]
    assert targets.results(plan) == [*manifests, "results/report.html"]
    assert targets.models(plan) == [] == targets.artifacts_read(plan)


def test_seeds_and_folds_have_tables_of_their_own() -> None:
    results = targets.results(plan_of("config/config.yaml", tracks=["va"], seeds=2, folds=2))
    assert {"results/seeds_track1.csv", "results/folds_track1.csv"} <= set(results)


def test_what_is_read_of_the_test_split_is_what_the_submitted_members_see() -> None:
    plan = plan_of("config/demo_mtvgg.yaml")
    artifacts = targets.artifacts_read(plan)
    assert len(artifacts) == len(set(artifacts))
    assert {"work/demo001/faces/d.arrow", "work/demo001/faces/a.arrow"} <= set(artifacts)
    vu = targets.features_read(plan_of("config/demo_vu.yaml"))
    folder = "features/demo/vu/va+expr/Student-shared/official-123"
    assert {f"{folder}/test.arrow", f"{folder}/train-copy4.arrow", f"{folder}/images/affectnet/train.arrow"} <= set(vu)
    assert not [path for path in vu if "/images/" in path and "test" in path]


def test_models_that_are_gone_while_what_was_made_with_them_is_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = plan_of("config/config.yaml", tracks=["va"])
    assert targets.gone_models(plan, ()) == []  # nothing was ever made
    weights = Path(fusion(plan, "va").weights)
    weights.parent.mkdir(parents=True)
    weights.touch()
    models = [f"models/demo/ntua/va/{name}/official-123/model.safetensors" for name in ("A", "F", "BCF")]
    assert targets.gone_models(plan, ()) == models
    assert targets.gone_models(plan, models[:1]) == models[1:]
    Path(models[1]).parent.mkdir(parents=True)
    Path(models[1]).touch()
    assert targets.gone_models(plan, models[:1]) == models[2:]


def test_tables_are_filled_from_seeds_folds_or_subjects() -> None:
    plan = plan_of("config/demo_meng.yaml")
    paper_tables = tables.tables(plan)
    assert tables.scores(plan, paper_tables["table1"]) == {"va": "results/seeds_track1.json"}
    assert tables.scores(plan, paper_tables["table2"]) == {"va": "results/folds_track1.json"}
    # Of the paper's test split the demo has scores only where its labels are held out, and here they are not.
    assert tables.scores(plan, paper_tables["table6"]) == {}
    assert tables.validation(plan, paper_tables["table6"]) == {"va": "results/intervals_track1.json"}
    assert tables.validation(plan, paper_tables["table1"]) == {}
    assert set(tables.systems(plan, paper_tables["table1"])["va"]["methods"]) == set(plan.used["va"].validated)


def test_still_pictures_that_are_scored() -> None:
    plan = plan_of("config/demo_facebehaviornet.yaml")
    scored = stills.scored_pictures(plan)
    assert scored["emotionet_compound"] == "work/images/emotionet_compound/validation.arrow"
    few_shot = [prediction for prediction in stills.image_predictions(plan) if prediction["branch"] == "FBN-few"]
    assert {prediction["path"] for prediction in few_shot} >= {
        "predictions/demo001/facebehaviornet/rafdb_compound/FBN-few/official-123/images/rafdb_compound/"
        "validation.parquet"
    }
    assert targets.scores_pictures(plan) and not targets.scores_pictures(plan_of("config/config.yaml"))
