"""What trainings and predictions read, without Snakemake: worked out by hand from the settings of five papers' systems.

Subjects `a` and `b` are trained on, `c` validates, `d` is tested; each is in a shard of its own.
"""

from pathlib import Path

import pytest
from plan_lab import plan_of

from affectflow.artifacts.layout import TrackRun, Training
from affectflow.core.errors import InputError
from affectflow.workflow.plan import pretrainings
from affectflow.workflow.plan.plan import Plan
from affectflow.workflow.plan.predictions import PredictionPlan
from affectflow.workflow.plan.shards import ShardPlan
from affectflow.workflow.plan.trainings import TrainingPlan


def training(plan: Plan, task: str, branch: str, fold: str = "official", seed: int = 123) -> TrainingPlan:
    return TrainingPlan(plan, Training(task, branch, fold, seed))


def of_shards(folders: tuple[str, ...], shards: str, work: str = "work/demo") -> set[str]:
    return {f"{work}/{folder}/{shard}.{_suffix(folder)}" for folder in folders for shard in shards}


def _suffix(folder: str) -> str:
    return "parquet" if folder == "body" else "arrow"


@pytest.mark.parametrize(
    ("branch", "kinds"),
    [
        ("F", ("faces",)),
        # The demo crops bodies from whole frames; the context is seen in 48 pixels, as faces are.
        ("BCF", ("faces", "body", "frames", "resized/48")),
        ("A", ("mel", "frames")),
    ],
)
def test_a_branch_reads_what_its_streams_are_made_from(branch: str, kinds: tuple[str, ...]) -> None:
    plan = plan_of("config/config.yaml")
    artifacts = training(plan, "va", branch).seen
    assert set(artifacts) == of_shards(kinds, "abc") and len(artifacts) == len(set(artifacts))
    assert PredictionPlan(plan, TrackRun("va", "official", 123), branch).artifacts("test") == sorted(
        of_shards(kinds, "d"), key=lambda path: path.split("/")[2:]
    )


def test_a_fold_parts_all_that_have_labels_anew() -> None:
    plan = plan_of("config/config.yaml")
    fold = training(plan, "va", "A", "fold2")
    assert fold.manifests == {"va": "work/demo/va/folds/fold2.parquet"}
    assert fold.labels == {"va": "work/demo/va/labels.parquet"}
    prediction = PredictionPlan(plan, TrackRun("va", "fold2", "123"), "A")
    assert set(prediction.artifacts("validation")) == of_shards(("mel", "frames"), "abc")
    assert set(prediction.artifacts("test")) == of_shards(("mel", "frames"), "d")


def test_a_joint_branch_learns_all_of_its_tracks_and_is_one_training() -> None:
    plan = plan_of("config/demo_mtvgg.yaml")
    joint = Training("va+expr+au", "MT-VGG", "official", 7)
    for track in ("va", "expr", "au"):
        assert plan.training(Training(track, "MT-VGG", "official", 7)) == joint
    joint_plan = TrainingPlan(plan, joint)
    assert joint_plan.tracks == ["va", "expr", "au"]
    assert joint_plan.manifests == {track: f"work/demo001/{track}/manifest.parquet" for track in joint_plan.tracks}
    # VGG learns valence and arousal alone; the joint networks start from it, of the same fold and seed.
    assert joint_plan.starts == {"VGG": "models/demo001/mtvgg/va/VGG/official-7/model.safetensors"}
    assert training(plan, "va+expr+au", "MT-VGG", "fold1", 7).starts == {
        "VGG": "models/demo001/mtvgg/va/VGG/fold1-7/model.safetensors"
    }


def test_a_student_waits_for_its_teacher_and_for_the_features_that_it_reads() -> None:
    student = training(plan_of("config/demo_vu.yaml"), "va+expr", "GRU-Student", seed=124)
    teacher = "models/demo/vu/va+expr/GRU-Teacher/official-124"
    assert student.teacher == [teacher]
    assert student.teacher_files == [f"{teacher}/model.safetensors", f"{teacher}/branch.json"]
    folder = "features/demo/vu/va+expr/Student-shared/official-124"
    assert student.feature_folders == {"Student-shared": Path(folder)}
    views = ["train", *(f"train-copy{view}" for view in range(1, 5))]
    assert student.features("train", stills=False) == [f"{folder}/{view}.arrow" for view in views]
    assert student.features("train") == [
        f"{folder}/{place}{view}.arrow" for place in ("", "images/affectnet/") for view in views
    ]
    assert student.features("test") == [f"{folder}/test.arrow"]  # without the copies that training learns from
    assert student.networks == ["affectflow.papers.vu"]


def test_sets_are_of_the_own_corpus_and_of_still_pictures() -> None:
    student = training(plan_of("config/demo_vu.yaml"), "va+expr", "Student")
    stills = [f"work/images/{name}/train.arrow" for name in ("expw", "afewva", "affectnet")]
    assert student.seen == [*sorted(of_shards(("faces",), "abc")), *stills]
    assert student.members == (
        "--images expw=work/images/expw --images afewva=work/images/afewva --images affectnet=work/images/affectnet "
        "--corpus demo=work/demo"
    )


def test_few_shot_learning_reads_pictures_alone_and_starts_from_a_trained_branch() -> None:
    plan = plan_of("config/demo_facebehaviornet.yaml")
    few_shot = training(plan, "rafdb_compound", "FBN-few")
    assert (
        few_shot.tracks == []
        and few_shot.manifests == {}
        and few_shot.labels == {}
        and few_shot.options == "--edition abaw1"
    )
    assert few_shot.seen == [f"work/images/rafdb_compound/{split}.arrow" for split in ("train", "validation")]
    start = "demo001/facebehaviornet/va+expr+au/FBN"
    assert few_shot.starts == {start: f"models/{start}/official-123/model.safetensors"}
    assert training(plan, "va+expr+au", "FBN").relatedness == []
    (relatedness,) = training(plan, "va+expr+au", "FBN-38").relatedness
    assert relatedness.endswith("config/relatedness/du2014.yaml")


def test_a_branch_goes_on_from_the_model_of_another_run() -> None:
    model = training(plan_of("config/multirnn.yaml"), "va", "Model-RNN", seed=5)
    start = "affwild2/multirnn/va/Model-RNN"
    assert model.starts == {start: f"models/{start}/official-123/model.safetensors"}  # as published weights: one


def test_smoothing_decides_whether_predictions_are_clipped_and_what_windows_are_tried_on() -> None:
    run = TrackRun("va", "official", 123)
    transformer = PredictionPlan(plan_of("config/demo_meng.yaml"), run, "Transformer-DenseNet")
    assert transformer.smooths and transformer.tried_on == {
        "predictions": "predictions/demo/meng/va/Transformer-DenseNet/official-123/validation.parquet",
        "labels": "work/demo/va/labels.parquet",
    }
    mix = PredictionPlan(plan_of("config/demo_meng.yaml"), run, "Mix-valence")
    assert mix.smooths and mix.tried_on == {}
    face = PredictionPlan(plan_of("config/config.yaml"), run, "F")
    assert not face.smooths and face.clip == "" and face.tried_on == {}


def test_sets_of_features_are_what_their_encoders_see() -> None:
    plan = plan_of("config/demo_meng.yaml")
    assert pretrainings.set_encoder(plan, "DenseNet") == ["models/images/meng/pretrain_densenet/123/model.safetensors"]
    for random in ("fau", "wav2vec"):
        assert pretrainings.set_encoder(plan, random) == [] == pretrainings.set_weights(plan, random)
    assert pretrainings.faces(plan, "pretrain_ires100", "train") == {
        name: f"work/images/{name}/train.arrow" for name in ("ferplus", "rafdb", "affectnet")
    }


def test_a_shard_knows_its_videos_and_another_is_refused() -> None:
    plan = plan_of("config/config.yaml")
    assert ShardPlan(plan, "a").sources == ["videos/a.mp4"]
    with pytest.raises(InputError, match="e: no shard of corpus demo, which has 4; see work/demo/"):
        ShardPlan(plan, "e").sources  # noqa: B018
