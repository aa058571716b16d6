"""Models that are taken out of a wheel."""

import hashlib
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from affectflow.core.errors import InputError
from affectflow.pretrained import carried
from affectflow.pretrained.carried import MODELS, CarriedModel, carried_files, fetch_model, folder_of, state_of
from affectflow.pretrained.weights import fetch, list_weights, read_registry, verify

CONTENT = {"package/one.tflite": b"first", "package/folder/two.tflite": b"second"}


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel that carries `blazepose`, in an environment without it."""
    path = tmp_path / "package-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in CONTENT.items():
            archive.writestr(name, content)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in CONTENT.items()}
    made = replace(MODELS["blazepose"].wheel, package="package", sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setitem(carried.MODELS, "blazepose", CarriedModel(made, digests))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "environment"))
    return path


def test_its_files_are_taken_out_and_checked(wheel: Path, tmp_path: Path) -> None:
    assert state_of("blazepose") == "missing"
    with pytest.raises(InputError, match=r"one\.tflite: the model blazepose is not in .*weights fetch blazepose`"):
        carried_files("blazepose")
    folder = fetch_model("blazepose", wheel)
    assert folder == tmp_path / "environment/share/affectflow/package-0.10.21" == folder_of("blazepose")
    assert [path.read_bytes() for path in carried_files("blazepose")] == [b"first", b"second"]
    assert state_of("blazepose") == "verified"
    (folder / "two.tflite").write_bytes(b"another")
    assert state_of("blazepose") == "altered"
    with pytest.raises(InputError, match=r"two\.tflite: altered since it was fetched; run"):
        carried_files("blazepose")
    fetch_model("blazepose", wheel)
    assert state_of("blazepose") == "verified"


def test_another_wheel_is_refused(wheel: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.whl"
    other.write_bytes(wheel.read_bytes() + b" ")
    with pytest.raises(InputError, match=r"other\.whl: SHA-256 begins .*, expected .* of package==0\.10\.21"):
        fetch_model("blazepose", other)
    assert state_of("blazepose") == "missing"


def test_a_folder_that_cannot_be_written_is_named(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "environment").write_text("a file where the environment should be")
    with pytest.raises(InputError, match=r"one\.tflite: cannot be written .*virtual environment"):
        fetch_model("blazepose", wheel)


def test_a_package_that_the_index_does_not_have_is_said(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(InputError, match=r"pip cannot download package==0.*weights fetch blazepose --file PATH`"):
        fetch_model("blazepose")


def test_the_commands_of_weights_know_them(wheel: Path, tmp_path: Path, root: Path) -> None:
    registry = read_registry(root / "config/weights.yaml")
    assert {name for name, source in registry.items() if source.format == "wheel"} == set(MODELS)
    with pytest.raises(InputError, match="is not in this environment"):
        verify("blazepose", registry, tmp_path)
    assert fetch("blazepose", registry, tmp_path / "unused", wheel) == folder_of("blazepose")
    assert verify("blazepose", registry, tmp_path) == folder_of("blazepose")
    status = next(entry for entry in list_weights(registry, tmp_path) if entry.name == "blazepose")
    assert (status.state, status.path) == ("verified", folder_of("blazepose"))
    assert not (tmp_path / "unused").exists()


def test_a_wheel_in_the_registry_is_one_that_the_code_knows(tmp_path: Path) -> None:
    path = tmp_path / "weights.yaml"
    path.write_text("blazehand: {title: a, licence: b, used_by: c, format: wheel}\n")
    with pytest.raises(InputError, match=r"blazehand: no detector's model .*; expected blazepose or blazeface"):
        read_registry(path)
