"""The folder of results of `affectflow predict`: tested before work, and no foreign file in it written over."""

import subprocess
import sys
from pathlib import Path

import pytest
from media_factory import clip
from untrained import make_system

from affectflow.artifacts.record import read_record, record_path, record_text
from affectflow.cli.main import main
from affectflow.core.errors import InputError
from affectflow.prediction.folder import check_writable

NAMES = ("one.csv", "one.mp4", "one.viewer.html", "one.viewer.mp4", "summary.csv", "index.html")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a system of all tracks and a small video."""
    make_system(tmp_path)
    clip(tmp_path / "one.mkv", count=4)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def predict(*arguments: str) -> int:
    return main(["predict", "one.mkv", *arguments])


@pytest.mark.parametrize(
    ("out", "problem"),
    [
        ("file", "--out file: file is a file, expected a folder"),
        ("file/scores", "--out file/scores: file is a file, expected a folder"),
        ("/proc/scores", "--out /proc/scores: nothing can be written there (No such file or directory)"),
        (f"{'n' * 300}/scores", "nothing can be written there (File name too long)"),
        ("gone", "gone is a file, expected a folder"),
    ],
)
def test_a_folder_that_cannot_be_written_is_told_before_anything_heavy_is_imported(
    project: Path, out: str, problem: str
) -> None:
    (project / "file").touch()
    (project / "gone").symlink_to("nowhere")
    code = (
        "import sys; from affectflow.cli.main import main; status = main(['predict', 'one.mkv', '--out', sys.argv[1]]);"
        "assert not {'torch', 'pandas', 'pyarrow', 'openvino', 'cv2'} & set(sys.modules); sys.exit(status)"
    )
    result = subprocess.run([sys.executable, "-c", code, out], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ") and problem in result.stderr and result.stderr.count("\n") == 1


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`/dev/full` is the one file of every Linux machine that has no room."""
    full = r"--out .*/scores: the disk is full \(No space left on device\)"
    with Path("/dev/full").open("wb", buffering=0) as device, pytest.raises(InputError, match=full):
        monkeypatch.setattr("tempfile.TemporaryFile", lambda dir: device)
        check_writable(tmp_path / "scores")


def test_the_test_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    check_writable(tmp_path / "here")
    check_writable(tmp_path / "not" / "yet")
    assert [path.name for path in tmp_path.rglob("*")] == ["here"]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_another_origin_is_never_written_over(
    project: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    out = project / "scores"
    out.mkdir()
    (out / name).write_text("years of work")
    (out / "notes.txt").write_text("in nobody's way")
    assert predict("--out", "scores") == 2
    stderr = capsys.readouterr().err
    assert (
        stderr.startswith(f"error: scores/{name}: in the place of a result, and no record") and "decode" not in stderr
    )
    assert {path.name for path in out.iterdir()} == {name, "notes.txt"} and (out / name).read_text() == "years of work"


def test_every_file_in_the_way_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "scores").mkdir()
    for name in NAMES:
        (project / "scores" / name).write_text("mine")
    assert predict("--out", "scores") == 2
    stderr = capsys.readouterr().err
    assert [name for name in NAMES if f"scores/{name}" not in stderr] == []


def test_results_of_ours_are_written_over_and_known_by_their_records(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short = ("--tracks", "va", "--no-overlay", "--no-viewer", "--out", "scores")
    assert predict(*short) == 0 and predict(*short, "--again") == 0
    for name in ("summary.csv", "index.html"):
        record = read_record(record_path(project / "scores" / name))
        assert record.rule == "predict_summary" and [item.path for item in record.inputs] == [
            "scores/one.csv",
            "scores/people/one.csv",
        ]
    (project / "scores" / "one.csv.record.json").unlink()
    capsys.readouterr()
    assert predict(*short) == 2
    assert capsys.readouterr().err.startswith("error: scores/one.csv: in the place of a result")


def test_a_result_of_the_workflow_is_no_result_of_a_video(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert predict("--tracks", "va", "--no-overlay", "--no-viewer", "--out", "scores") == 0
    record = record_path(project / "scores" / "one.csv")
    record.write_text(record_text(read_record(record).model_copy(update={"rule": "submit"})))
    assert predict("--tracks", "va", "--no-overlay", "--no-viewer", "--out", "scores") == 2
    assert "error: scores/one.csv: in the place of a result" in capsys.readouterr().err
