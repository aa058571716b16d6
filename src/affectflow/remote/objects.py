"""Objects of S3-compatible storage, such as the videos of a corpus: listed, copied here, digested."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from affectflow.artifacts.atomic import scratch_path
from affectflow.artifacts.digest import file_digest
from affectflow.artifacts.job import current
from affectflow.core.errors import InputError
from affectflow.remote.client import explain_refusals, new_client

SCHEME = "s3://"


@dataclass(frozen=True)
class S3Object:
    """An object and, where it was listed, its ETag, which changes when it is written again."""

    bucket: str
    key: str
    etag: str | None = None

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"

    @property
    def name(self) -> str:
        """The last part of the key: the file's name."""
        return PurePosixPath(self.key).name

    @staticmethod
    def at(address: str, etag: str | None = None) -> "S3Object":
        """The object with an address `s3://bucket/key`."""
        bucket, _, key = address.removeprefix(SCHEME).partition("/")
        return S3Object(bucket, key, etag)


def list_objects(address: str) -> list[S3Object]:
    """Every object below `s3://bucket/prefix`, as below a folder; a request for every thousand.

    Raises:
        InputError: no such bucket, no access, or no object there.
    """
    place = S3Object.at(address)
    prefix = f"{folder}/" if (folder := place.key.strip("/")) else ""
    with explain_refusals(address):
        pages = new_client().get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=prefix)
        items = [item for page in pages for item in page.get("Contents", ())]
    if not items:
        raise InputError(f"{address}: no object in the bucket has a key that starts with {prefix!r}; expected videos")
    return [S3Object(place.bucket, item["Key"], item["ETag"].strip('"')) for item in items]


@contextmanager
def local_file(source: Path | S3Object, folder: Path) -> Iterator[Path]:
    """A file on this machine: `source` itself, or a copy of the object in `folder` that lasts as long as the block.

    The job, where this process is one, notes the digest of the bytes that it got.

    Raises:
        InputError: the object cannot be read, or is not the one that was listed.
    """
    if isinstance(source, Path):
        yield source
        return
    with scratch_path(folder / source.name) as copy:
        with copy.open("wb") as stream:
            _download(source, stream)
        if (job := current()) is not None:
            job.note_fetched(str(source), file_digest(copy))
        try:
            yield copy
        except InputError as error:  # the copy will be gone: whoever reads this must mend the object
            raise InputError(str(error).replace(str(copy), str(source))) from error


def object_digest(address: str) -> str | None:
    """SHA-256 of an object's bytes, read now and kept nowhere; None where there is no such object.

    Raises:
        InputError: no such bucket or no access.
    """
    place, sink = S3Object.at(address), _Digest()
    with explain_refusals(address):
        # A listing tells a missing object from one that must not be read, which a request for it may not.
        listing = new_client().list_objects_v2(Bucket=place.bucket, Prefix=place.key, MaxKeys=1).get("Contents", ())
    if not any(item["Key"] == place.key for item in listing):
        return None
    _download(place, sink)
    return sink.sum.hexdigest()


class _Digest:
    """A stream that keeps nothing of what is written to it but the digest."""

    def __init__(self) -> None:
        self.sum = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.sum.update(data)
        return len(data)


def _download(source: S3Object, stream: Any) -> None:
    with explain_refusals(str(source)):
        client = new_client()
        client.download_fileobj(source.bucket, source.key, stream)
        etag = client.head_object(Bucket=source.bucket, Key=source.key)["ETag"].strip('"')
    # boto3 sees to it that all parts are of one version, this that it is the one that was listed.
    if source.etag not in (None, etag):
        raise InputError(f"{source}: was changed after this run listed it; run again")
