"""A corpus, and DVC's remote, in S3-compatible storage: the real workflow against a real server of its protocol."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from media_factory import clip
from miniature import SETTINGS, Miniature, make_miniature
from object_store import CREDENTIALS, ObjectStore, object_store

from affectflow.artifacts.digest import file_digest
from affectflow.artifacts.record import read_record, record_path
from affectflow.artifacts.schemas import VIDEOS
from affectflow.artifacts.tables import read_parquet
from affectflow.config.data.corpora import AffWild2Corpus
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.datasets.video.registry import list_corpus
from affectflow.datasets.video.shard import shards
from affectflow.lineage.code import code_of
from affectflow.remote.client import ENDPOINT
from affectflow.remote.objects import list_objects, local_file

BUCKET = "s3://lab-videos/corpus"
CLIPS = {"one": "talks/one.mp4", "two": "talks/day 2/two.mp4"}
MANIFEST = "work/lab/va/manifest.parquet"


@dataclass
class Lab:
    """The same clips in a folder and in a bucket, and the project run on each."""

    store: ObjectStore
    clips: Path
    local: Miniature
    remote: Miniature


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    with object_store(tmp_path_factory.mktemp("store")) as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
            patch.delenv(name, raising=False)
        yield server


@pytest.fixture(scope="module")
def lab(root: Path, store: ObjectStore, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    folder = tmp_path_factory.mktemp("lab")
    clips = folder / "clips"
    for number, path in enumerate(CLIPS.values()):
        (clips / path).parent.mkdir(parents=True, exist_ok=True)
        clip(clips / path, count=8 + number, sound="sine=frequency=440:duration=0.3" if number else None)
    (clips / "notes.txt").write_text("no video")
    store.put("lab-videos", {f"corpus/{p.relative_to(clips)}": p for p in clips.rglob("*.*")})
    local, remote = (make_miniature(root, folder / name) for name in ("local", "remote"))
    corpus(local, root=str(clips))
    corpus(remote, root=BUCKET, endpoint_url=store.url)
    for project in (local, remote):
        project.snakemake("artifacts")
    return Lab(store, clips, local, remote)


def corpus(project: Miniature, **settings: Any) -> None:
    """Set a `folder` corpus."""
    values = SETTINGS | {"corpus": {"kind": "folder", "name": "lab", **settings}}
    (project.folder / "config/config.yaml").write_text(yaml.safe_dump(values))


def refusal(project: Miniature, **environment: str | None) -> str:
    """What a start says, which must end with an error before any job."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.delenv(name) if value is None else patch.setenv(name, value)
        result = project.snakemake("-n", check=False)
    output = result.stdout + result.stderr
    assert result.returncode != 0
    assert "Traceback" not in output
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in output
    return output


def artifacts(project: Miniature) -> dict[str, Path]:
    """Every artifact by its place, without records and times."""
    work = project.folder / "work/lab"
    files = (p for p in work.rglob("*") if p.is_file() and "benchmarks" not in p.parts)
    return {p.relative_to(work).as_posix(): p for p in files if not p.name.endswith(".record.json")}


def test_videos_of_affwild2_may_lie_in_a_bucket(store: ObjectStore, tmp_path: Path) -> None:
    for name in ("VA_Set/Train_Set/a.txt", "VA_Set/Validation_Set/b_left.txt", "videos/x/a.mp4", "videos/b.avi"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("valence,arousal\n0,0\n")
    store.put("affwild2", {f"all/{name}": tmp_path / "videos" / name for name in ("x/a.mp4", "b.avi")})
    settings = {"kind": "affwild2", "root": str(tmp_path), "endpoint_url": store.url}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENDPOINT, "put back afterwards")
        local, remote = (
            list_corpus(AffWild2Corpus.model_validate(settings | videos), ["va"])["va"]
            for videos in ({}, {"videos": "s3://affwild2/all/"})
        )
    assert [str(video.path) for video in remote.videos] == ["s3://affwild2/all/x/a.mp4", "s3://affwild2/all/b.avi"]
    assert (remote.splits, remote.labels) == (local.splits, local.labels)
    video_shards = [
        {shard: [(v.video, v.subjects) for v in group] for shard, group in shards(lst.videos, 1).items()}
        for lst in (local, remote)
    ]
    assert video_shards[0] == video_shards[1]


def test_only_videos_of_affwild2_may_lie_in_a_bucket() -> None:
    with pytest.raises(
        InputError, match=r"root: expected a folder on this machine; only the videos may lie in storage"
    ):
        validated(AffWild2Corpus, {"kind": "affwild2", "root": "s3://affwild2/all"}, "settings")


def test_an_object_that_was_written_after_the_listing_is_not_taken_for_it(store: ObjectStore, tmp_path: Path) -> None:
    file = tmp_path / "a.mp4"
    file.write_bytes(b"first")
    store.put("changing", {"a.mp4": file})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ENDPOINT, store.url)
        (stored_object,) = list_objects("s3://changing")
        file.write_bytes(b"second")
        store.put("changing", {"a.mp4": file})
        with (
            pytest.raises(InputError, match=r"^s3://changing/a.mp4: was changed after this run listed it"),
            local_file(stored_object, tmp_path / "work"),
        ):
            pass
    assert list((tmp_path / "work").iterdir()) == []


def test_a_local_corpus_needs_no_library_of_storage(root: Path, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    code = (
        "import sys; from affectflow.config.data.corpora import FolderCorpus;"
        "from affectflow.datasets.video.registry import list_corpus;"
        f"list_corpus(FolderCorpus(kind='folder', root={str(tmp_path)!r}), ['va']);"
        "import affectflow.preprocessing.media.decode;"
        "print({'boto3', 'botocore', 's3fs', 'aiobotocore'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
    # Which library brought the bytes changes no artifact: a new release of it decodes nothing again.
    assert "boto3" not in code_of(Path("workflow/scripts/decode.py"), root).packages


def times(project: Miniature) -> dict[str, int]:
    """When each artifact was written."""
    return {name: path.stat().st_mtime_ns for name, path in artifacts(project).items()}


@pytest.mark.slow
def test_artifacts_of_a_bucket_are_those_of_a_folder(lab: Lab) -> None:
    local, remote = artifacts(lab.local), artifacts(lab.remote)
    assert set(local) == set(remote) >= {f"frames/{name}.arrow" for name in CLIPS}
    differing = {f"videos/{name}.parquet" for name in CLIPS} | {"va/manifest.parquet"}
    assert {name for name in local if local[name].read_bytes() != remote[name].read_bytes()} == differing
    for name in differing:
        local_rows, remote_rows = (pq.read_table(files[name]).to_pylist() for files in (local, remote))
        assert [row.pop("path") for row in remote_rows] == [
            f"{BUCKET}/{Path(row.pop('path')).relative_to(lab.clips).as_posix()}" for row in local_rows
        ]
        assert remote_rows == local_rows


@pytest.mark.slow
def test_records_name_the_object_and_what_was_read_of_it(lab: Lab) -> None:
    frames = lab.remote.folder / "work/lab/frames/two.arrow"
    (recorded_input,) = read_record(record_path(frames)).inputs
    source = lab.clips / CLIPS["two"]
    assert (recorded_input.path, recorded_input.sha256) == (f"{BUCKET}/{CLIPS['two']}", file_digest(source))
    trace = lab.remote.affectflow("trace", MANIFEST).stdout
    assert f"{BUCKET}/{CLIPS['two']}" in trace
    assert "all holds" in lab.remote.affectflow("verify").stdout


@pytest.mark.slow
def test_no_copy_of_a_video_stays_and_no_credentials_are_written(lab: Lab) -> None:
    files = [p for p in lab.remote.folder.rglob("*") if p.is_file()]
    assert not [p for p in files if p.suffix == ".mp4" or ".tmp" in p.name]
    for secret in CREDENTIALS.values():
        assert not [p for p in files if secret.encode() in p.read_bytes()]


@pytest.mark.slow
def test_one_changed_object_reruns_its_shard_alone(lab: Lab, tmp_path: Path) -> None:
    assert lab.remote.planned("artifacts") == set()
    before = times(lab.remote)
    other = clip(tmp_path / "other.mp4", count=12)
    lab.store.put("lab-videos", {f"corpus/{CLIPS['one']}": other})
    decode_jobs = {wildcards for rule, wildcards in lab.remote.planned("artifacts") if rule == "decode"}
    assert decode_jobs == {"shard=one"}
    assert "shard.one.etag was" in lab.remote.affectflow("why", MANIFEST, check=False).stdout
    output = lab.remote.affectflow("verify", check=False).stdout
    assert f"was made from other bytes of {BUCKET}/{CLIPS['one']}" in output
    lab.remote.snakemake("artifacts")
    changed = {name for name, time in times(lab.remote).items() if time != before[name]}
    assert changed == {name for name in before if "/one." in name} | {"va/manifest.parquet"}
    (row,) = read_parquet(artifacts(lab.remote)["videos/one.parquet"], VIDEOS).to_pylist()
    assert (row["frames"], row["digest"]) == (12, file_digest(other))
    lab.store.put("lab-videos", {f"corpus/{CLIPS['one']}": lab.clips / CLIPS["one"]})


@pytest.mark.slow
def test_a_bad_object_is_named_by_its_address_and_stops_no_other(lab: Lab, root: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    lab.store.put("bad-videos", {"good.mp4": lab.clips / CLIPS["one"], "empty.mp4": empty})
    project = make_miniature(root, tmp_path / "project")
    corpus(project, root="s3://bad-videos", endpoint_url=lab.store.url)
    result = project.snakemake(MANIFEST, check=False)
    assert result.returncode != 0
    log = (project.folder / "logs/lab/decode/empty.log").read_text()
    assert log.startswith("error: s3://bad-videos/empty.mp4: the file is empty (0 bytes); expected a video.")
    assert (project.folder / "work/lab/frames/good.arrow").exists()


@pytest.mark.slow
def test_every_way_in_which_storage_refuses_is_said_before_any_job(lab: Lab, root: Path, tmp_path: Path) -> None:
    project, url = make_miniature(root, tmp_path / "project"), lab.store.url
    cases = {
        "s3://no-such-bucket/x": "s3://no-such-bucket/x: there is no such bucket; expected an existing one",
        "s3://lab-videos/corp": "s3://lab-videos/corp: no object in the bucket has a key that starts with 'corp/'",
        "s3:/lab-videos": "corpus.root: expected a folder or s3://BUCKET/PREFIX",
    }
    for address, message in cases.items():
        corpus(project, root=address, endpoint_url=url)
        assert message in refusal(project)
    corpus(project, root=BUCKET, endpoint_url=url)
    assert f"{BUCKET}: no credentials found; set AWS_PROFILE" in refusal(project, AWS_ACCESS_KEY_ID=None)
    with lab.store.denying():
        assert f"{BUCKET}: the storage does not know the access key" in refusal(project)
    corpus(project, root=BUCKET, endpoint_url="http://127.0.0.1:9")
    assert f'{BUCKET}: the storage cannot be used (Could not connect to the endpoint URL: "http' in refusal(project)
    corpus(project, root=BUCKET, endpoint_url="https://me:word-of-pass@example.org")
    message = refusal(project)
    assert "endpoint_url holds a password" in message
    assert "word-of-pass" not in message


@pytest.mark.slow
def test_a_start_lists_thousands_in_pages_and_asks_for_no_single_object(lab: Lab, root: Path, tmp_path: Path) -> None:
    client = lab.store.client()
    client.create_bucket(Bucket="many-videos")
    for number in range(1001):
        client.put_object(Bucket="many-videos", Key=f"batch{number % 7}/{number}.mp4", Body=b"")
    project = make_miniature(root, tmp_path / "project")
    corpus(project, root="s3://many-videos", endpoint_url=lab.store.url)
    before = len(lab.store.requests())
    assert sum(rule == "decode" for rule, _ in project.planned(MANIFEST)) == 1001
    requests = lab.store.requests()[before:]
    assert len(requests) == 2
    assert all(request.startswith("GET /many-videos?list-type=2") for request in requests)


@pytest.mark.slow
def test_results_travel_by_a_dvc_remote_in_a_bucket(lab: Lab, root: Path, tmp_path: Path) -> None:
    lab.store.client().create_bucket(Bucket="lab-results")

    def dvc(project: Miniature, *arguments: str) -> str:
        dvc_folders = {
            "DVC_GLOBAL_CONFIG_DIR": str(tmp_path / "settings"),
            "DVC_SITE_CACHE_DIR": str(tmp_path / "site"),
        }
        result = subprocess.run(
            [sys.executable, "-m", "dvc", *arguments],
            cwd=project.folder, env=os.environ | dvc_folders, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    lab.remote.snakemake("artifacts")
    dvc(lab.remote, "init", "--no-scm", "--quiet")
    shutil.copy(root / ".dvcignore", lab.remote.folder)
    dvc(lab.remote, "remote", "add", "--default", "bucket", "s3://lab-results/dvc")
    dvc(lab.remote, "remote", "modify", "bucket", "endpointurl", lab.store.url)
    dvc(lab.remote, "add", "--quiet", "work")
    assert "pushed" in dvc(lab.remote, "push")

    clone = make_miniature(root, tmp_path / "clone")
    corpus(clone, root=BUCKET, endpoint_url=lab.store.url)
    shutil.copytree(lab.remote.folder / ".dvc", clone.folder / ".dvc", ignore=shutil.ignore_patterns("cache", "tmp"))
    shutil.copy(lab.remote.folder / "work.dvc", clone.folder)
    dvc(clone, "pull")
    pushed, pulled = artifacts(lab.remote), artifacts(clone)
    assert {name: file_digest(p) for name, p in pulled.items()} == {name: file_digest(pushed[name]) for name in pulled}
    assert set(pushed) == set(pulled)
    assert "refused" not in clone.affectflow("adopt").stderr
    assert clone.planned("artifacts") == set()
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in json.dumps(dvc(clone, "config", "--list"))
