"""Which files a folder holds, where folders are links."""

from pathlib import Path

import pytest
from record_factory import make_artifact, source

from affectflow.artifacts.digest import files_of, folder_digests, path_digest
from affectflow.lineage.chain import Chain


def names(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in files_of(folder))


def test_a_linked_folder_is_read_as_a_plain_one_is(tmp_path: Path) -> None:
    source(tmp_path, "plain/a.txt")
    source(tmp_path, "plain/inner/b.txt")
    source(tmp_path, "disk/b.txt", "inner/b.txt")
    source(tmp_path, "linked/a.txt", "plain/a.txt")
    (tmp_path / "disk/b.txt").write_text("plain/inner/b.txt")
    (tmp_path / "linked/inner").symlink_to(tmp_path / "disk")
    assert names(tmp_path / "linked") == names(tmp_path / "plain") == ["a.txt", "inner/b.txt"]
    assert path_digest(tmp_path / "linked") == path_digest(tmp_path / "plain")
    (tmp_path / "disk/b.txt").write_text("other")
    assert folder_digests(tmp_path / "linked") != folder_digests(tmp_path / "plain")


@pytest.mark.parametrize("target", [".", "..", "../..", "/"])
def test_a_link_to_a_folder_around_it_ends(tmp_path: Path, target: str) -> None:
    source(tmp_path, "top/inner/a.txt")
    (tmp_path / "top/inner/up").symlink_to(target)
    assert names(tmp_path / "top") == ["inner/a.txt"]


def test_folders_that_link_to_each_other_end(tmp_path: Path) -> None:
    source(tmp_path, "one/a.txt")
    source(tmp_path, "two/b.txt")
    (tmp_path / "one/two").symlink_to(tmp_path / "two")
    (tmp_path / "two/one").symlink_to(tmp_path / "one")
    assert names(tmp_path / "one") == ["a.txt", "two/b.txt"]


def test_records_in_linked_folders_are_found(tmp_path: Path) -> None:
    make_artifact(tmp_path, "results/a.csv", "score")
    make_artifact(tmp_path, "disk/faces/b.arrow", "align_face")
    (tmp_path / "work").mkdir()
    (tmp_path / "disk").rename(tmp_path.parent / f"{tmp_path.name}-disk")
    (tmp_path / "work/demo").symlink_to(tmp_path.parent / f"{tmp_path.name}-disk")
    assert Chain(tmp_path).recorded() == ["results/a.csv", "work/demo/faces/b.arrow"]
