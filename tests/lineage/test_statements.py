"""What a record says is held against the rest of it, its job's other records, git and the ledger."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from affectflow.artifacts.record import Artifact, Code, Input, Machine, Record
from affectflow.lineage.code import code_of
from affectflow.lineage.committed import Commits
from affectflow.lineage.git import commit_of
from affectflow.lineage.plan import PlannedJob
from affectflow.lineage.reads import input_differences
from affectflow.lineage.statements import contradictions, disagreement
from affectflow.lineage.witness import Noted, not_as_noted

SCRIPT = Path("workflow/scripts/train.py")
NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def record(root: Path) -> Record:
    """An honest record of a training."""
    return Record(
        artifact=Artifact(path="models/m", sha256="a" * 64, bytes=1, modified=1),
        rule="train",
        options={"seed": 3, "device": {"threads": 2}, "branch": {"epochs": 5}},
        seeds={"seed": 3},
        inputs=(Input(path="work/labels", sha256="b" * 64, record="c" * 64),),
        code=code_of(SCRIPT, root),
        machine=Machine(host="here", device="cpu", threads=2, python="3.11.7", platform="Linux"),
        start="2029-12-31T10:00:00.000+00:00",
        end="2029-12-31T11:00:00.000+00:00",
    )


def contradictions_of(record: Record, **changes: Any) -> list[str]:
    return list(contradictions(record.model_copy(update=changes), NOW))


def test_an_honest_record_contradicts_nothing(record: Record) -> None:
    assert contradictions_of(record) == []


def test_what_cannot_be_is_named(record: Record) -> None:
    code, machine = record.code, record.machine
    assert contradictions_of(record, format=2) == ["is of format 2, expected 1"]
    assert contradictions_of(record, seeds={"seed": 4}) == ["names seed 4, its options another seed"]
    assert contradictions_of(record, options={**record.options, "seed": 4}) == [
        "names seed 3, its options another seed"
    ]
    assert contradictions_of(record, machine=machine.model_copy(update={"threads": 8})) == [
        "names 8 thread(s), its options 2"
    ]
    assert contradictions_of(record, end="2029-12-31T09:59:59.999+00:00") == [
        "ends at 2029-12-31T09:59:59.999+00:00, before its start at 2029-12-31T10:00:00.000+00:00"
    ]
    assert contradictions_of(record, end="2030-01-01T01:00:00.001+00:00") == [
        "ends at 2030-01-01T01:00:00.001+00:00, which is to come"
    ]
    assert contradictions_of(record, end="2030-01-01T00:59:00.000+00:00") == []  # clocks of machines differ
    for time in ("yesterday", "2029-12-31T11:00:00"):
        assert contradictions_of(record, end=time) == [
            f"its times are {record.start} and {time}, expected ISO 8601 with a zone"
        ]
    assert contradictions_of(record, rule="predict") == ["names predict and no code of workflow/scripts/predict.py"]
    files = record.artifact.model_copy(update={"files": {"a": "0" * 64}})
    assert contradictions_of(record, artifact=files) == ["its files' digests do not give its own"]
    for other in (
        {"modules": {**code.modules, "affectflow.losses.terms": "0" * 16}},
        {"packages": {**code.packages, "numpy": "1.0"}},
        {"installed": {**code.installed, "numpy": "1.0"}},
        {"fingerprint": "0" * 16},
    ):
        messages = contradictions_of(record, code=code.model_copy(update=other))
        assert len(messages) == 1 and messages[0].startswith("its modules and packages give the fingerprint "), other


def test_a_seed_of_a_corpus_that_is_drawn_is_in_its_settings(record: Record) -> None:
    changes = {"rule": "train", "seeds": {"seed": 9}}
    assert contradictions_of(record, options={"corpus": {"seed": 9}, "device": {"threads": 2}}, **changes) == []
    assert contradictions_of(record, options={"corpus": {"seed": 8}, "device": {"threads": 2}}, **changes) != []


def test_records_of_one_job_say_the_same(record: Record) -> None:
    def of(path: str, **changes: Any) -> Record:
        artifact = record.artifact.model_copy(update={"path": path})
        return record.model_copy(
            update={"artifact": artifact, "end": f"2029-12-31T11:00:0{len(path)}+00:00", **changes}
        )

    gpu = record.machine.model_copy(update={"device": "NVIDIA H200"})
    assert list(disagreement([of("a"), of("bb"), of("ccc", measured={"frames": 1.0})])) == []
    assert list(disagreement([of("a"), of("bb", machine=gpu), of("ccc")])) == [
        ("bb", "its record differs in machine from that of a, which the same job made")
    ]
    assert list(disagreement([of("a", inputs=()), of("bb"), of("ccc")])) == [
        ("a", "its record differs in inputs from that of bb, which the same job made")
    ]


@pytest.fixture
def repository(root: Path, tmp_path: Path) -> Path:
    """A repository of a script and a module, with one commit."""
    files = {
        "src/affectflow/__init__.py": "",
        "src/affectflow/near.py": "X = 1\n",
        "workflow/scripts/train.py": "from affectflow.near import X\n",
        "requirements/lock.txt": "numpy==2.0\n",
        "requirements/torch.txt": "torch==2.13.0\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    return tmp_path


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", "-C", folder, *who, *words], check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")


def code(repository: Path) -> Code:
    commit_id, dirty = commit_of(repository)
    return code_of(SCRIPT, repository).model_copy(update={"commit": commit_id, "dirty": dirty})


def commit_contradictions(repository: Path, recorded: Code) -> list[str]:
    return list(Commits(repository).contradictions(recorded))


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_commit_holds_the_code_that_a_record_says_it_holds(repository: Path) -> None:
    honest = code(repository)
    assert honest.dirty is False and commit_contradictions(repository, honest) == []
    (repository / "src/affectflow/near.py").write_text("X = 2\n")
    changed = code(repository)
    assert changed.dirty is True and commit_contradictions(repository, changed) == []
    short = str(changed.commit)[:12]
    forged = changed.model_copy(update={"dirty": False})
    assert commit_contradictions(repository, forged) == [f"commit {short} has other code of affectflow.near"]
    commit(repository)
    assert (
        commit_contradictions(repository, code(repository)) == [] and commit_contradictions(repository, honest) == []
    )  # an old commit is there still
    later = honest.model_copy(update={"commit": code(repository).commit})
    assert len(commit_contradictions(repository, later)) == 1
    locked = honest.model_copy(update={"lock": "0" * 64})
    assert commit_contradictions(repository, locked) == [f"the lock of commit {short} is not the one that it names"]
    added = honest.model_copy(update={"modules": {**honest.modules, "affectflow.gone": "0", "a\nb": "0"}})
    assert commit_contradictions(repository, added) == [f"commit {short} has other code of affectflow.gone, a\nb"]


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
@pytest.mark.parametrize("unknown", ["0" * 40, "--help", "HEAD", "", "abc\n"])
def test_of_a_commit_that_is_not_known_nothing_is_said(repository: Path, unknown: str) -> None:
    assert (
        commit_contradictions(repository, code(repository).model_copy(update={"commit": unknown, "dirty": False})) == []
    )


def plan_job(rule: str, inputs: tuple[str, ...], outputs: tuple[str, ...] = (), *before: PlannedJob) -> PlannedJob:
    options = {"weights-dir": "weights", "image": ["x=pictures/one"], "branch": {"loss": {"table": "config/t.yaml"}}}
    return PlannedJob(rule, {}, inputs, outputs, options, None, False, None, before)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (("work/a", "work/b"), []),
        (("work/a", "work/b", "work/behind"), []),
        (("work/a", "work/b", "weights/resnet.safetensors", "pictures/one/1.jpg", "config/t.yaml"), []),
        (("work/a", "work/b/inner.txt"), []),
        (("work/a",), ["was not made from work/b, which today's job reads"]),
        (
            ("work/a", "work/b", "work/another"),
            ["was made from work/another, which today's job does not read"],
        ),
        (("work/a", "work/b", "data/x"), ["was made from data/x, which today's job does not read"]),
    ],
)
def test_inputs_are_those_of_the_plan(record: Record, paths: tuple[str, ...], expected: list[str]) -> None:
    before = plan_job("resize", ("data/v.mp4",), ("work/a",), plan_job("decode", (), ("work/behind",)))
    inputs = tuple(Input(path=name, sha256="0") for name in paths)
    artifact_record = record.model_copy(update={"inputs": inputs})
    assert (
        input_differences(artifact_record, plan_job("train", ("work/a", "work/b"), ("models/m",), before)) == expected
    )


def test_what_a_job_of_this_folder_noted_is_known(record: Record) -> None:
    digest, seal = record.artifact.sha256, record.seal
    for lines in ([], [Noted(digest, None)], [Noted(digest, seal)], [Noted("0" * 64, "1"), Noted(digest, seal)]):
        assert list(not_as_noted(record, {"models/m": lines})) == [], lines
    assert list(not_as_noted(record, {"models/m": [Noted("0" * 64, seal)]})) == [
        "no job of this folder wrote models/m so: SHA-256 is aaaaaaaaaaaaaaaa…, the ledger has 0000000000000000…"
    ]
    for lines in ([Noted(digest, "1")], [Noted(digest, "1"), Noted(digest, None)]):
        assert list(not_as_noted(record, {"models/m": lines})) == [
            "no job of this folder wrote its record: the ledger has another seal"
        ]
    folder_artifact = Artifact(path="f", sha256="", bytes=1, modified=1, files={"a": "1" * 64, "b": "2" * 64})
    folder = record.model_copy(update={"artifact": folder_artifact})
    assert list(
        not_as_noted(folder, {"f/a": [Noted("1" * 64, folder.seal)], "f/b": [Noted("3" * 64, folder.seal)]})
    ) == ["no job of this folder wrote f/b so: SHA-256 is 2222222222222222…, the ledger has 3333333333333333…"]
