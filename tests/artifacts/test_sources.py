"""What a start knows of source files, and the lines in which it is noted."""

import hashlib
import os
from pathlib import Path

import pytest

from affectflow.artifacts import digest
from affectflow.artifacts.lines import append_lines, read_lines
from affectflow.artifacts.sources import Sources, identity


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def read_files(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of all files that are read whole."""
    names: list[str] = []
    real = digest.read_digest

    def record_read(path: Path) -> str:
        names.append(path.name)
        return real(path)

    monkeypatch.setattr(digest, "read_digest", record_read)
    return names


def digests(folder: Path, *names: str) -> list[str | None]:
    """As a new start finds them."""
    sources = Sources(folder, folder / "notes")
    result = [sources.digest(name) for name in names]
    sources.save()
    return result


def test_a_source_is_read_once(tmp_path: Path, read_files: list[str]) -> None:
    (tmp_path / "a.mp4").write_bytes(b"one")
    for _ in range(3):
        assert digests(tmp_path, "a.mp4") == [sha256(b"one")]
    assert read_files == ["a.mp4"]
    os.utime(tmp_path / "a.mp4")
    assert digests(tmp_path, "a.mp4") == digests(tmp_path, "a.mp4") == [sha256(b"one")]
    assert read_files == ["a.mp4", "a.mp4"]


def test_a_file_of_the_same_size_and_date_in_the_place_of_another_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"one")
    before = path.stat()
    assert digests(tmp_path, "a.txt") == [sha256(b"one")]
    (tmp_path / "b.txt").write_bytes(b"two")
    os.utime(tmp_path / "b.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
    (tmp_path / "b.txt").replace(path)
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert digests(tmp_path, "a.txt") == [sha256(b"two")]


def test_a_file_written_anew_in_place_under_its_old_date_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"one")
    before = path.stat()
    assert digests(tmp_path, "a.txt") == [sha256(b"one")]
    path.write_bytes(b"two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_ino == before.st_ino
    assert digests(tmp_path, "a.txt") == [sha256(b"two")]


def test_pictures_of_a_folder(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    (pictures / "deep").mkdir(parents=True)
    (pictures / "1.png").write_bytes(b"one")
    (pictures / "deep/2.png").write_bytes(b"two")
    lines = f"{sha256(b'one')}  1.png\n{sha256(b'two')}  deep/2.png\n"
    first = digests(tmp_path, "pictures")
    assert first == [sha256(lines.encode())] == digests(tmp_path, "pictures")
    folder = (pictures / "deep").stat()
    (pictures / "deep/2.png").write_bytes(b"six")  # copied over: the folder's own date stays
    assert (pictures / "deep").stat().st_mtime_ns == folder.st_mtime_ns
    after = digests(tmp_path, "pictures")
    assert after == [sha256(lines.replace(sha256(b"two"), sha256(b"six")).encode())]
    (pictures / "1.png").unlink()
    assert digests(tmp_path, "pictures") not in (first, after)


def test_what_is_gone_has_no_digest(tmp_path: Path) -> None:
    assert digests(tmp_path, "a.txt", "folder/b.txt") == [None, None]
    with pytest.raises(FileNotFoundError):
        identity(tmp_path / "a.txt")


def test_a_torn_line_is_passed_over_and_takes_no_other_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    append_lines(tmp_path, "kind", [{"number": 1}, {"number": 2}])
    (path,) = tmp_path.glob("kind-*.jsonl")
    assert list(read_lines(tmp_path, "kind")) == [{"number": 1}, {"number": 2}]
    path.write_bytes(path.read_bytes() + b'{"num')
    append_lines(tmp_path, "kind", [{"number": 3}])
    assert list(read_lines(tmp_path, "kind")) == [{"number": 1}, {"number": 2}, {"number": 3}]
    stderr = capsys.readouterr().err
    assert stderr.count("passed over (") == 1
    assert f'{path}, line 3: torn, as a crash leaves it, and passed over ({{"num…)' in stderr
    assert path.read_bytes() == b'{"number": 1}\n{"number": 2}\n{"num\n{"number": 3}\n'


@pytest.mark.parametrize("cut", range(1, 14))
def test_wherever_a_line_is_cut_off(tmp_path: Path, cut: int) -> None:
    append_lines(tmp_path, "kind", [{"number": 1}, {"number": 2}])
    (path,) = tmp_path.glob("kind-*.jsonl")
    path.write_bytes(path.read_bytes()[:-cut])
    append_lines(tmp_path, "kind", [{"number": 3}])
    entries = [{"number": 1}, {"number": 2}, {"number": 3}]
    assert list(read_lines(tmp_path, "kind")) == (entries if cut == 1 else [entries[0], entries[2]])
