"""A real server of S3-compatible storage (moto's) on loopback, in a process of its own, for tests."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tracking_server import free_port

# Made up, and told to programs through the environment alone, as real ones are.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "TESTACCESSKEY", "AWS_SECRET_ACCESS_KEY": "never-to-be-written-anywhere"}
_STARTS = 60.0


class ObjectStore:
    """The running server: its address, what is in it, and which requests it has answered."""

    def __init__(self, url: str, log: Path) -> None:
        self.url, self._log = url, log

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to reach it, but for the endpoint; nothing of the developer's own AWS settings."""
        empty = self._log.with_name("aws")
        empty.touch()
        files = dict.fromkeys(("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"), str(empty))
        return {**CREDENTIALS, **files, "AWS_EC2_METADATA_DISABLED": "true", "AWS_DEFAULT_REGION": "us-east-1"}

    def client(self) -> Any:
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        )

    def put(self, bucket: str, files: dict[str, Path]) -> None:
        """Write files into a bucket by key; the bucket is made where it is missing."""
        client = self.client()
        client.create_bucket(Bucket=bucket)
        for key, path in files.items():
            client.upload_file(str(path), bucket, key)

    @contextmanager
    def denying(self) -> Iterator[None]:
        """Within the block the server asks for an access key that it knows, and it knows none."""
        self._unchecked_requests("0")
        try:
            yield
        finally:
            self._unchecked_requests("inf")

    def _unchecked_requests(self, number: str) -> None:
        body, kind = number.encode(), {"Content-Type": "text/plain"}
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/moto-api/reset-auth", body, kind), timeout=30)

    def requests(self) -> list[str]:
        """Method and address of every request so far."""
        return [line.split('"')[1] for line in self._log.read_text().splitlines() if line.count('"') >= 2]


@contextmanager
def object_store(folder: Path) -> Iterator[ObjectStore]:
    """A server that keeps everything in its memory; its log goes to `folder`."""
    pytest.importorskip("moto", reason="moto is not installed")
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "object_store.log"
    store = ObjectStore(f"http://127.0.0.1:{port}", log)
    with log.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)],
            stdout=stream,
            stderr=stream,
            env=os.environ | {"PYTHONUNBUFFERED": "1", "MOTO_S3_CUSTOM_ENDPOINTS": store.url},
        )
        try:
            end = time.monotonic() + _STARTS
            while not _answers(store.url):
                assert process.poll() is None, f"the server ended: {log.read_text()[-3000:]}"
                assert time.monotonic() < end, f"the server did not start: {log.read_text()[-3000:]}"
                time.sleep(0.2)
            yield store
        finally:
            process.kill()
            process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/moto-api/", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
