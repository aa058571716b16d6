"""Versions of packages that are installed, and the program that decodes: in the fingerprint, in records, in words."""

import importlib.metadata
import json
import shutil
from pathlib import Path

import pytest

from affectflow.artifacts.record import Code
from affectflow.core.errors import InputError
from affectflow.lineage.code import code_of, other_packages
from affectflow.lineage.differences import code_differences
from affectflow.lineage.installed import installed_versions, normal, not_locked
from affectflow.lineage.sheet import read_sheet, write_sheet
from affectflow.preprocessing.media.ffmpeg import ffmpeg_binary
from affectflow.preprocessing.media.identity import program_digest
from affectflow.preprocessing.media.planned import planned_identity
from affectflow.preprocessing.media.trial import expect_program, usable

SCRIPT = Path("workflow/scripts/resize.py")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which packages are looked for first."""
    folder = tmp_path / "packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return folder


def install(place: Path, name: str, version: str) -> None:
    (place / f"{name.replace('-', '_')}-{version}.dist-info").mkdir()


def test_names_of_folders_say_what_importlib_reads() -> None:
    expected = {
        normal(distribution.metadata["Name"]): distribution.version
        for distribution in importlib.metadata.distributions()
    }
    assert installed_versions() == expected and len(expected) > 100


def test_the_first_place_counts_as_in_an_import(place: Path) -> None:
    before = installed_versions()
    install(place, "Scikit-Learn", "9.9")
    assert installed_versions() == before | {"scikit-learn": "9.9"}


@pytest.mark.parametrize(
    ("locked", "installed", "other"),
    [
        ("2.0", "2.0", {}),
        ("2.0", "2.0+cpu", {}),
        ("3.6.1 3.7", "3.7", {}),
        ("2.0", None, {}),  # the lock has the packages of other machines, too
        ("2.0", "2.1", {"p": "2.1"}),
        ("2.0", "2.0.0", {"p": "2.0.0"}),
        ("3.6.1 3.7", "3.6+local", {"p": "3.6"}),
    ],
)
def test_what_is_not_the_lock_s(locked: str, installed: str | None, other: dict[str, str]) -> None:
    assert not_locked({"p": locked}, {"p": installed} if installed else {}) == other


def test_another_version_of_what_a_script_reaches_is_other_code(root: Path, place: Path) -> None:
    name, labels = "opencv-contrib-python-headless", Path("workflow/scripts/labels.py")
    before, labels_code = code_of(SCRIPT, root), code_of(labels, root)
    locked = before.packages[name]
    assert before.installed[name] == importlib.metadata.version(name) and name not in labels_code.packages
    assert other_packages(root) == []
    install(place, name, f"{locked}+cpu")
    same = code_of(SCRIPT, root)
    assert (same.fingerprint, same.installed[name]) == (before.fingerprint, f"{locked}+cpu")
    shutil.rmtree(place)
    place.mkdir()
    install(place, name, "4.99")
    after = code_of(SCRIPT, root)
    assert after.fingerprint != before.fingerprint and after.packages == before.packages
    assert code_differences(before, after) == [f"package {name} was {locked}, is 4.99"]
    assert code_of(labels, root).fingerprint == labels_code.fingerprint
    assert other_packages(root) == [f"{name} 4.99 (the lock has {locked})"]


def test_a_lock_that_was_edited_and_not_installed_says_so() -> None:
    modules, installed = {"m": "0"}, {"numpy": "2.4"}
    old = Code(fingerprint="1", modules=modules, packages={"numpy": "2.4"}, installed=installed, lock="")
    new = Code(fingerprint="2", modules=modules, packages={"numpy": "9"}, installed=installed, lock="")
    assert code_differences(old, new) == ["the lock's version of package numpy was 2.4, is 9"]


def test_a_job_does_not_run_with_packages_that_the_start_has_not_seen(root: Path, place: Path, tmp_path: Path) -> None:
    code = write_sheet(SCRIPT, root, (), tmp_path)
    assert read_sheet(code.fingerprint, root, tmp_path).installed == code.installed
    locked = code.packages["numpy"]
    install(place, "numpy", f"{locked}+local")
    assert read_sheet(code.fingerprint, root, tmp_path).installed["numpy"] == f"{locked}+local"
    install(place, "pyarrow", "1.0")
    with pytest.raises(
        InputError, match=rf"package pyarrow was {code.packages['pyarrow']}, is 1.0\); start the workflow"
    ):
        read_sheet(code.fingerprint, root, tmp_path)
    again = write_sheet(SCRIPT, root, (), tmp_path)
    assert again.fingerprint != code.fingerprint
    assert read_sheet(again.fingerprint, root, tmp_path) == again


def test_two_builds_of_one_version_of_ffmpeg_are_two_programs(tmp_path: Path) -> None:
    real = usable("packaged")
    other = tmp_path / "ffmpeg"
    shutil.copyfile(ffmpeg_binary(), other)
    other.chmod(0o755)
    assert usable(str(other)).identity == real.identity
    with other.open("ab") as stream:
        stream.write(b"\0")
    usable.cache_clear()
    other_program = usable(str(other))
    assert other_program.version == real.version and other_program.identity != real.identity
    expect_program(real, real.identity)
    with pytest.raises(InputError, match=r", expected ffmpeg version .* SHA-256 .*; install that one everywhere"):
        expect_program(other_program, real.identity)


def test_a_program_is_read_once_and_again_when_it_was_replaced(tmp_path: Path) -> None:
    program, notes = tmp_path / "ffmpeg", tmp_path / "notes"
    program.write_bytes(b"one")
    first = program_digest(program, notes)
    assert first == program_digest(program) == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"
    note_file = next(notes.glob("programs-*.json"))
    entries = json.loads(note_file.read_text())
    entries[str(program)]["sha256"] = "as noted"
    note_file.write_text(json.dumps(entries))
    assert program_digest(program, notes) == "as noted"  # it is not read
    program.unlink()
    program.write_bytes(b"two")
    assert program_digest(program, notes) == "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"
    note_file.write_text("torn")
    assert program_digest(program, notes) == "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"


def test_a_start_tries_a_program_once_and_again_when_it_was_replaced(tmp_path: Path) -> None:
    program, count, notes = tmp_path / "ffmpeg", tmp_path / "count", tmp_path / "notes"
    program.write_text(f'#!/bin/sh\necho >> {count}\nexec {ffmpeg_binary()} "$@"\n')
    program.chmod(0o755)
    identity = planned_identity(str(program), notes)
    assert identity == usable(str(program)).identity
    runs = len(count.read_text())
    assert runs > 0 and planned_identity(str(program), notes) == identity
    assert len(count.read_text()) == runs, "it is not run"
    program.write_text("#!/bin/sh\necho ffmpeg version 3.0\n")
    usable.cache_clear()
    with pytest.raises(InputError, match=r"ffmpeg version 3\.0\) cannot decode as is needed"):
        planned_identity(str(program), notes)
