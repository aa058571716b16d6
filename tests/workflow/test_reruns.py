"""The table of what reruns when something changes, on a finished run of the real workflow, and on a clone of one."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from miniature import RESULTS, Job, Miniature, make_miniature
from reruns_lab import LEARNING, OUTPUTS, PREPROCESSING, branches_of, rules_of

pytestmark = pytest.mark.slow


@pytest.fixture
def edit_file(either: Miniature) -> Iterator[Callable[[str, str, str], None]]:
    """A function that edits a file by a pattern; what it edited is put back afterwards."""
    before: dict[Path, str] = {}

    def edit(name: str, pattern: str, replacement: str) -> None:
        path = either.folder / name
        text = before.setdefault(path, path.read_text())
        after, count = re.subn(pattern, replacement, text, count=1)
        assert count == 1, f"{name} has no {pattern}"
        path.write_text(after)

    yield edit
    for path, text in before.items():
        path.write_text(text)


def test_nothing_to_do_after_a_run(either: Miniature) -> None:
    assert either.planned(*RESULTS) == set()


def test_every_result_is_there(either: Miniature) -> None:
    for target in (*RESULTS, "results/submission/track1"):
        assert (either.folder / target).exists(), target


def test_touching_every_file_reruns_nothing(either: Miniature) -> None:
    files = [p for p in either.folder.rglob("*") if p.is_file() and ".snakemake" not in p.parts]
    assert len(files) > 100
    for path in sorted(files, key=lambda p: hash(p.name)):
        path.touch()
    assert either.planned(*RESULTS) == set()


def test_a_comment_or_docstring_anywhere_reruns_nothing(either: Miniature) -> None:
    sources = [*(either.folder / "src").rglob("*.py"), *(either.folder / "workflow").rglob("*.py")]
    before = {path: path.read_text() for path in sources}
    for path, text in before.items():
        path.write_text(re.sub(r'^"""', '"""Another word. ', text, count=1) + "\n# another word\n")
    try:
        assert either.planned(*RESULTS) == set()
    finally:
        for path, text in before.items():
            path.write_text(text)


def test_a_fresh_clone_over_the_same_work_reruns_nothing(root: Path, either: Miniature, tmp_path: Path) -> None:
    clone = make_miniature(root, tmp_path / "clone")
    for part in ("data", "work", "models", "predictions", "fusion", "results", ".snakemake"):
        shutil.move(either.folder / part, clone.folder / part)
    try:
        assert clone.planned(*RESULTS) == set()
    finally:
        for part in ("data", "work", "models", "predictions", "fusion", "results", ".snakemake"):
            shutil.move(clone.folder / part, either.folder / part)


@pytest.mark.parametrize(("setting", "also"), [({"n_mels": 40}, {"mel_filters"}), ({"mean": -10}, set())])
def test_a_mel_setting(either: Miniature, setting: dict[str, float], also: set[str]) -> None:
    either.settings(mel=setting)
    try:
        jobs = either.planned(*RESULTS)
    finally:
        either.settings()
    assert rules_of(jobs) == {"spectrogram", *LEARNING} | also
    assert branches_of(jobs, "train") == branches_of(jobs, "predict") == {"A"}


def test_lambda_x(either: Miniature) -> None:
    either.settings(body={"lambda_x": 0.2})
    try:
        jobs = either.planned(*RESULTS)
    finally:
        either.settings()
    assert rules_of(jobs) == {"mask_body", *LEARNING}
    assert branches_of(jobs, "train") == branches_of(jobs, "predict") == {"BCF"}


@pytest.mark.parametrize(
    ("setting", "finders"),
    [({"quality": 90}, set()), ({"landmarker": "detector"}, set()), ({"max_gap": 14}, {"find_people"})],
)
def test_who_is_found_does_not_follow_from_how_faces_are_aligned(
    either: Miniature, setting: dict[str, object], finders: set[str]
) -> None:
    either.settings(faces=setting)
    try:
        jobs = either.planned(*RESULTS)
    finally:
        either.settings()
    assert rules_of(jobs) == {"align_face", "mask_body", *LEARNING} | finders
    assert branches_of(jobs, "train") == {"F", "BCF"}


def test_a_setting_of_one_branch(either: Miniature) -> None:
    jobs = either.planned(*RESULTS, "--config", "system={tracks: {va: {branches: {F: {epochs: 3}}}}}")
    assert rules_of(jobs) == LEARNING
    assert branches_of(jobs, "train") == {"F"}


@pytest.mark.parametrize(
    ("changes", "again"),
    [
        ({"inference": {"tables": {"sequences": "overlapping"}}}, {"predict", *OUTPUTS}),
        ({"inference": {"tables": {"overlaps": 4}}}, set()),  # sequences do not overlap
        ({"inference": {"videos": {"sequences": "paper"}}, "summary": {"least_seen": 0.5}}, set()),
    ],
)
def test_how_sequences_overlap_in_prediction(either: Miniature, changes: dict[str, object], again: set[str]) -> None:
    either.settings(**changes)
    try:
        jobs = either.planned(*RESULTS)
    finally:
        either.settings()
    assert rules_of(jobs) == again


def test_what_changes_speed_alone_reruns_nothing(either: Miniature) -> None:
    either.settings(loader={"cache_mb": 7}, tracking={"uri": "sqlite:///other.db"})
    try:
        jobs = either.planned(*RESULTS)
    finally:
        either.settings()
    assert jobs == set()


Edit = Callable[[str, str, str], None]


def test_code_of_the_face_alignment(either: Miniature, edit_file: Edit) -> None:
    edit_file("src/affectflow/preprocessing/face/align.py", r"\Z", "\nCHANGED = 1\n")
    jobs = either.planned(*RESULTS)
    assert rules_of(jobs) == {"align_face", "mask_body", *LEARNING}
    assert branches_of(jobs, "train") == {"F", "BCF"}


def test_code_of_the_ccc_loss(either: Miniature, edit_file: Edit) -> None:
    edit_file("src/affectflow/losses/terms.py", r"\Z", "\nCHANGED = 1\n")
    jobs = either.planned(*RESULTS)
    assert rules_of(jobs) == LEARNING
    assert branches_of(jobs, "train") == {"F", "BCF", "A"}


def test_code_of_the_fusion(either: Miniature, edit_file: Edit) -> None:
    edit_file("src/affectflow/fusion/weighted.py", r"\Z", "\nCHANGED = 1\n")
    assert rules_of(either.planned(*RESULTS)) == OUTPUTS


def test_one_label_file(either: Miniature, edit_file: Edit) -> None:
    path = sorted((either.folder / "data/demo/VA_Set/Train_Set").glob("*.txt"))[0]
    edit_file(str(path.relative_to(either.folder)), r"\n[-0-9.]+,[-0-9.]+\n", "\n0.5,0.25\n")
    jobs = either.planned(*RESULTS)
    assert rules_of(jobs) == {"labels", "manifest", *LEARNING}


def test_one_video_replaced(either: Miniature) -> None:
    videos = sorted((either.folder / "data/demo/videos").glob("*.mp4"))
    before = videos[0].read_bytes()
    videos[0].write_bytes(videos[1].read_bytes())
    try:
        jobs = either.planned(*RESULTS)
    finally:
        videos[0].write_bytes(before)
    assert rules_of(jobs) == {*PREPROCESSING, "manifest", *LEARNING}
    shards = {wildcards for rule, wildcards in jobs if rule in PREPROCESSING}
    assert shards == {f"shard={videos[0].stem}", f"size=32, shard={videos[0].stem}"}


@pytest.mark.parametrize(
    ("package", "rules"),
    [
        ("librosa", {"mel_filters", "spectrogram", *LEARNING}),
        ("openvino", {"find_people", "align_face", "mask_body", *LEARNING}),
        ("dlib-bin", {"demo", "find_people", "align_face"}),
        ("lightning", LEARNING),
        ("dvc", set()),
    ],
)
def test_a_package_version_in_the_lock(either: Miniature, edit_file: Edit, package: str, rules: set[str]) -> None:
    edit_file("requirements/lock.txt", rf"(?m)^{package}==", f"{package}==9999.")
    rerun_rules = rules_of(either.planned(*RESULTS))
    if package == "dlib-bin":  # the demo is drawn with its landmarks: a new corpus reruns all
        assert rules <= rerun_rules
    else:
        assert rerun_rules == rules


def test_a_real_rerun_makes_only_what_a_setting_changes(either: Miniature, tmp_path: Path) -> None:
    shutil.copytree(either.folder, tmp_path / "project")
    either = Miniature(tmp_path / "project")
    either.settings(mel={"n_mels": 40})
    faces = {p: p.stat().st_mtime_ns for p in either.folder.glob("work/demo/f*/*.arrow")}
    assert faces
    either.snakemake(*RESULTS)
    assert {p: p.stat().st_mtime_ns for p in faces} == faces
    assert either.planned(*RESULTS) == set()


EXPR = ("work/demo/expr/manifest.parquet", "models/demo/ntua/expr/F/official-123/model.safetensors")


@pytest.fixture(scope="module")
def two_tracks(either: Miniature, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    """A copy of the finished run of track va in which a branch of track expr is trained too."""
    folder = tmp_path_factory.mktemp("tracks") / "project"
    shutil.copytree(either.folder, folder)
    project = Miniature(folder)
    project.settings(tracks=["va", "expr"])
    assert project.planned(*RESULTS[:3]) == set(), "another track reruns nothing of the first"
    jobs = project.planned(*EXPR)
    assert rules_of(jobs) == {"labels", "manifest", "train"}, "tracks share the artifacts of preprocessing"
    project.snakemake(*EXPR, "results/test_track1.csv")
    assert project.planned(*RESULTS[:3], *EXPR) == set()
    return project


def tracks_of(jobs: set[Job]) -> set[str]:
    """Tracks by name, task or number, from the wildcards of jobs."""
    return {match[1] for _, wildcards in jobs for match in re.finditer(r"(?:track|task|number)=(\w+)", wildcards)}


@pytest.mark.parametrize(("track", "names"), [("va", {"va", "1"}), ("expr", {"expr"})])
def test_a_setting_of_one_track_reruns_nothing_of_another(two_tracks: Miniature, track: str, names: set[str]) -> None:
    change = f"system={{tracks: {{{track}: {{branches: {{F: {{epochs: 3}}}}}}}}}}"
    jobs = two_tracks.planned(*RESULTS[:3], *EXPR, "--config", change)
    assert rules_of(jobs) == ({"train"} if track == "expr" else LEARNING - {"metrics"})
    assert tracks_of(jobs) == names
    assert branches_of(jobs, "train") == {"F"}


@pytest.mark.parametrize(
    ("track", "folder", "rules"),
    [
        ("va", "VA_Set", {"labels", "manifest", *LEARNING} - {"metrics"}),
        ("expr", "EXPR_Set", {"labels", "manifest", "train"}),
    ],
)
def test_a_label_file_of_one_track_dirties_that_track_alone(
    two_tracks: Miniature, track: str, folder: str, rules: set[str]
) -> None:
    path = sorted((two_tracks.folder / "data/demo" / folder / "Train_Set").glob("*.txt"))[0]
    before = path.read_text()
    first = before.splitlines()[1]
    path.write_text(before.replace(f"\n{first}\n", "\n0.5,0.25\n" if track == "va" else "\n-1\n", 1))
    assert path.read_text() != before
    try:
        jobs = two_tracks.planned(*RESULTS[:3], *EXPR)
    finally:
        path.write_text(before)
    assert rules_of(jobs) == rules
    assert tracks_of(jobs) == ({"va", "1"} if track == "va" else {"expr"})
