import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from caffe_lab import write_caffemodel
from safetensors.torch import save_file

from affectflow.config.model.weights import WeightSource
from affectflow.core.errors import InputError
from affectflow.networks.backbones.resnet import ResNet
from affectflow.pretrained.weights import Registry, fetch, list_weights, load_state, read_registry, verify


@pytest.fixture()
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {name: tensor.contiguous() for name, tensor in ResNet("resnet18", 4).state_dict().items()}


def registry(**changes: object) -> Registry:
    values = {"title": "a network", "licence": "free", "used_by": "tests", "format": "checkpoint", "how": "ask"}
    return {"net": WeightSource.model_validate(values | changes)}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_shipped_registry(root: Path):
    shipped = read_registry(root / "config/weights.yaml")
    assert set(shipped) >= {
        "imagenet_resnet50",
        "imagenet_resnet18",
        "places365_resnet50",
        "affectnet_face",
        "glove_6b_300d",
    }
    for name, source in shipped.items():
        if source.sha256 is not None:
            assert source.url is not None and source.sha256 in source.url, name
    assert shipped["affectnet_face"].url is None


@pytest.mark.parametrize("form", ["plain", "container", "safetensors"])
def test_a_checkpoint_is_kept_as_its_state_dict(form: str, tmp_path: Path, state: dict[str, torch.Tensor]):
    file = tmp_path / "brought.pth"
    if form == "safetensors":
        save_file(state, file)
    elif form == "container":
        torch.save({"epoch": 3, "state_dict": {f"module.{k}": v for k, v in state.items()}}, file)
    else:
        torch.save(state, file)
    weights = registry(container="state_dict", prefix="module.")
    stored = fetch("net", weights, tmp_path / "weights", file)
    assert stored.name == "net.safetensors"
    loaded = load_state("net", weights, tmp_path / "weights")
    assert loaded.keys() == state.keys()
    assert all(torch.equal(loaded[key], state[key]) for key in state)
    record = (tmp_path / "weights/net.sha256").read_text()
    assert record == f"{digest(file)}  brought.pth\n{digest(stored)}  net.safetensors\n"
    assert [entry.state for entry in list_weights(weights, tmp_path / "weights")] == ["verified"]


def test_download_from_a_url(tmp_path: Path, state: dict[str, torch.Tensor]):
    file = tmp_path / "net.pth"
    torch.save(state, file)
    steps: list[tuple[int, int]] = []
    weights = registry(url=file.as_uri(), sha256=digest(file)[:8])
    fetch("net", weights, tmp_path / "weights", progress=lambda done, total: steps.append((done, total)))
    assert steps[-1] == (file.stat().st_size, file.stat().st_size)
    assert verify("net", weights, tmp_path / "weights").exists()
    assert sorted(p.name for p in (tmp_path / "weights").iterdir()) == ["net.safetensors", "net.sha256"]


def test_code_in_a_checkpoint_is_never_run(tmp_path: Path):
    class Trap:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "sprung",))

    torch.save({"conv1.weight": Trap()}, tmp_path / "trap.pth")
    with pytest.raises(InputError, match="without running code"):
        fetch("net", registry(), tmp_path / "weights", tmp_path / "trap.pth")
    assert not (tmp_path / "sprung").exists()
    assert not list((tmp_path / "weights").glob("*"))


@pytest.mark.parametrize("content", [b"", b"no checkpoint at all"])
def test_a_damaged_file_is_named(content: bytes, tmp_path: Path):
    (tmp_path / "bad.pth").write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.pth"):
        fetch("net", registry(), tmp_path / "weights", tmp_path / "bad.pth")


def test_a_file_without_tensors_is_named(tmp_path: Path):
    torch.save({"epoch": 1}, tmp_path / "empty.pth")
    with pytest.raises(InputError, match=r"no tensors.*epoch"):
        fetch("net", registry(), tmp_path / "weights", tmp_path / "empty.pth")


def test_a_digest_that_differs_from_the_registrys(tmp_path: Path, state: dict[str, torch.Tensor]):
    torch.save(state, tmp_path / "net.pth")
    with pytest.raises(InputError, match="expected 00000000"):
        fetch("net", registry(sha256="00000000"), tmp_path / "weights", tmp_path / "net.pth")


def test_the_first_digest_is_trusted_and_later_ones_must_agree(tmp_path: Path, state: dict[str, torch.Tensor]):
    torch.save(state, tmp_path / "first.pth")
    torch.save({k: v + 1 for k, v in state.items()}, tmp_path / "second.pth")
    fetch("net", registry(), tmp_path / "weights", tmp_path / "first.pth")
    with pytest.raises(InputError, match=r"net\.sha256 records"):
        fetch("net", registry(), tmp_path / "weights", tmp_path / "second.pth")
    fetch("net", registry(), tmp_path / "weights", tmp_path / "first.pth")


def test_an_altered_file_is_not_loaded(tmp_path: Path, state: dict[str, torch.Tensor]):
    torch.save(state, tmp_path / "net.pth")
    stored = fetch("net", registry(), tmp_path / "weights", tmp_path / "net.pth")
    data = bytearray(stored.read_bytes())
    data[-1] ^= 1
    stored.write_bytes(data)
    with pytest.raises(InputError, match="does not agree"):
        load_state("net", registry(), tmp_path / "weights")
    assert [entry.state for entry in list_weights(registry(), tmp_path / "weights")] == ["altered"]


def test_missing_weights_say_what_to_do(tmp_path: Path):
    with pytest.raises(InputError, match=r"affectflow weights fetch net --file PATH.*ask.*branches\.<branch>\.init"):
        load_state("net", registry(), tmp_path)
    with pytest.raises(InputError, match=r"affectflow weights fetch net`.*https://x/net\.pth"):
        load_state("net", registry(url="https://x/net.pth"), tmp_path)
    with pytest.raises(InputError, match=r"`affectflow weights fetch net --file PATH` \(ask\); or do without$"):
        load_state("net", registry(without="do without"), tmp_path)
    with pytest.raises(InputError, match="knows net"):
        load_state("other", registry(), tmp_path)


def test_what_cannot_be_downloaded(tmp_path: Path):
    with pytest.raises(InputError, match=r"cannot be downloaded.*--file PATH"):
        fetch("net", registry(), tmp_path)
    with pytest.raises(InputError, match="--file PATH"):
        fetch("net", registry(url=(tmp_path / "absent.pth").as_uri()), tmp_path)
    with pytest.raises(InputError, match="no such file"):
        fetch("net", registry(), tmp_path, tmp_path / "absent.pth")


def test_a_file_of_caffe_is_kept_unchanged_and_its_md5_must_agree(tmp_path: Path):
    file = write_caffemodel(
        tmp_path / "pose.caffemodel", {"conv": ("Convolution", [np.ones((2, 3, 1, 1), np.float32)])}
    )
    md5 = hashlib.md5(file.read_bytes()).hexdigest()
    weights = registry(format="caffemodel", md5=md5)
    stored = fetch("net", weights, tmp_path / "weights", file)
    assert stored == tmp_path / "weights/net.caffemodel" == verify("net", weights, tmp_path / "weights")
    assert stored.read_bytes() == file.read_bytes()
    assert [(entry.path, entry.state) for entry in list_weights(weights, tmp_path / "weights")] == [
        (stored, "verified")
    ]
    with pytest.raises(InputError, match="is not the weights of a network"):
        load_state("net", weights, tmp_path / "weights")
    with pytest.raises(InputError, match=rf"pose\.caffemodel: MD5 is {md5}, expected {'0' * 32} for net"):
        fetch("net", registry(format="caffemodel", md5="0" * 32), tmp_path / "weights", file)
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(InputError, match=r"pose\.caffemodel: .*expected a whole \.caffemodel"):
        fetch("net", registry(format="caffemodel"), tmp_path / "other", file)
    assert not list((tmp_path / "other").iterdir())


def test_openposes_network_is_in_the_shipped_registry(root: Path):
    source = read_registry(root / "config/weights.yaml")["openpose_body25"]
    assert (source.format, source.url, source.md5) == ("caffemodel", None, "78287b57cf85fa89c03f1393d368e5b7")
    assert "noncommercial" in source.licence


def test_wrong_keys_in_a_registry_are_named(tmp_path: Path):
    path = tmp_path / "weights.yaml"
    path.write_text("net: {title: a, licence: b, used_by: c, format: checkpoint, urll: d}\n")
    with pytest.raises(InputError, match=r"net.*\n.*did you mean url"):
        read_registry(path)


def test_what_comes_with_a_package_is_listed_with_its_licence_and_is_no_file(tmp_path: Path, root: Path) -> None:
    registry = read_registry(root / "config/weights.yaml")
    status = next(entry for entry in list_weights(registry, tmp_path) if entry.name == "opensmile")
    assert status.state == "installed" and "no commercial use" in status.source.licence
    for action in (
        lambda: fetch("opensmile", registry, tmp_path),
        lambda: verify("opensmile", registry, tmp_path),
    ):
        with pytest.raises(InputError, match="comes with its package"):
            action()
