"""Secrets in addresses of the settings: refused by every command, and repeated nowhere."""

import json
import subprocess
from pathlib import Path

import pytest
from miniature import Miniature, make_miniature

from affectflow.config.model.weights import WeightSource
from affectflow.config.secrets import masked, secret_in
from affectflow.config.system.settings import Run
from affectflow.config.validate import validated
from affectflow.core.errors import InputError
from affectflow.tracking.store import first_line

SECRET = "hunter2"
ADDRESSES = (f"https://{SECRET}@mlflow.example.org", f"https://mlflow.example.org/?token={SECRET}")


@pytest.mark.parametrize(
    ("address", "hidden"),
    [
        ("https://me:hunter2@host/x", "https://***@host/x"),
        ("at https://hunter2@host: no answer", "at https://***@host: no answer"),
        ("s3://key:hunter2@bucket/x", "s3://***@bucket/x"),
        ("https://host/?a=1&api_key=hunter2&b=2", "https://host/?a=1&api_key=***&b=2"),
        ("https://host/x?X-Amz-Signature=hunter2", "https://host/x?X-Amz-Signature=***"),
        ("https://host/x?p%61ssword=hunter2#a", "https://host/x?p%61ssword=***#a"),
        ("https://host/a@b?sslmode=require", "https://host/a@b?sslmode=require"),
        ("me@example.org, http://127.0.0.1:5000", "me@example.org, http://127.0.0.1:5000"),
    ],
)
def test_a_secret_is_masked_and_the_rest_is_left(address: str, hidden: str) -> None:
    assert masked(address) == hidden
    assert first_line(ValueError(address)) == hidden


@pytest.mark.parametrize(
    "address", ["postgresql://me@host/db", "sqlite:///mlflow.db", "http://a.b/c?page=1", "databricks"]
)
def test_what_holds_no_secret_is_none(address: str) -> None:
    assert secret_in(address) is None


@pytest.mark.parametrize(
    "corpus",
    [
        {"kind": "folder", "root": "s3://key:hunter2@bucket/x"},
        {"kind": "folder", "root": "https://hunter2@host/x"},
        {"kind": "folder", "root": "s3://bucket-of-mine/x", "endpoint_url": "https://hunter2@host"},
        {"kind": "folder", "root": "s3://bucket-of-mine/x", "endpoint_url": "https://host/?token=hunter2"},
        {"kind": "folder", "root": "s3://bucket-of-mine/x", "endpoint_url": "ftp://me:hunter2@host"},
    ],
)
def test_addresses_of_storage_hold_none(corpus: dict[str, str]) -> None:
    with pytest.raises(InputError, match="corpus") as caught:
        validated(Run, {"corpus": corpus, "system": {"name": "x", "tracks": {}}}, "config.yaml")
    assert SECRET not in str(caught.value)


def test_the_address_of_weights_holds_none() -> None:
    about = {"title": "x", "licence": "x", "used_by": "x", "format": "checkpoint"}
    with pytest.raises(InputError, match=r"url holds a secret in its query \(\?token=\*\*\*\)") as caught:
        validated(WeightSource, about | {"url": "https://host/file.pth?token=hunter2"}, "weights.yaml")
    assert SECRET not in str(caught.value)


def leaks(folder: Path) -> list[str]:
    """Files that hold the secret, but the settings that it was written into."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "config.yaml")
    return [str(path) for path in files if SECRET.encode() in path.read_bytes()]


def assert_refused(result: subprocess.CompletedProcess[str]) -> None:
    output = result.stdout + result.stderr
    assert result.returncode != 0 and "uri holds a" in output and "MLFLOW_TRACKING_TOKEN" in output, output
    assert SECRET not in output


@pytest.mark.slow
@pytest.mark.parametrize("address", ADDRESSES)
def test_no_command_takes_or_repeats_a_secret_of_the_tracking_store(root: Path, tmp_path: Path, address: str) -> None:
    project: Miniature = make_miniature(root, tmp_path / "project")
    tracking = json.dumps({"uri": address})
    assert_refused(
        project.snakemake("-n", "-p", "results/test_track1.csv", "--config", f"tracking={tracking}", check=False)
    )
    assert leaks(project.folder) == []
    project.settings(tracking={"uri": address})
    assert_refused(project.snakemake("results/test_track1.csv", check=False))
    for command in ("sync-mlflow", "ui", "verify"):
        assert_refused(project.affectflow(command, check=False))
    assert leaks(project.folder) == []
