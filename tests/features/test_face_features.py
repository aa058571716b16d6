"""Frozen features of faces: what an encoder sees in every frame, stored once (Meng et al., section 3.2.1)."""

import json
import subprocess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
import warm
from artifact_factory import jpeg
from safetensors.torch import save_file

from affectflow.artifacts.feature_form import FeatureForm
from affectflow.artifacts.schemas import FACES, SET_FEATURES
from affectflow.artifacts.tables import arrow_writer, read_arrow
from affectflow.config.model.feature_sets import FaceSet
from affectflow.config.system.execution import Device
from affectflow.core.errors import InputError
from affectflow.features.faces import FaceWeights, write_face_features
from affectflow.networks.classifier import Classifier, as_published
from affectflow.networks.encoders import feature_length
from affectflow.pretrained.weights import fetch, read_registry

CPU = Device(gpus=0, threads=1)
PEOPLE = {"a": 9, "tést": 5, "nobody": 3}
MISSING = {("a", 0), ("a", 4), ("a", 5), ("tést", 4), *(("nobody", frame) for frame in range(3))}
STORED = 40


def face(subject: str, frame: int) -> np.ndarray:
    """Blocks of random colours, so that resizing shows, shape (STORED, STORED, 3)."""
    random = np.random.default_rng((len(subject), frame))
    return np.kron(random.integers(0, 256, (8, 8, 3)), np.ones((5, 5, 1))).astype(np.uint8)


@pytest.fixture
def faces(tmp_path: Path) -> Path:
    """A shard of three subjects, of whom one has no face at all."""
    path = tmp_path / "faces.arrow"
    with arrow_writer(path, FACES) as out:
        for subject, frames in PEOPLE.items():
            for frame in range(frames):
                row: dict[str, Any] = dict.fromkeys(field.name for field in FACES)
                row |= {"subject": subject, "frame": frame, "found": (subject, frame) not in MISSING}
                if row["found"]:
                    row |= {"shot": 0, "score": 0.9, "face": jpeg(face(subject, frame))}
                out.append(row)
    return path


def face_set(**changes: Any) -> FaceSet:
    values = {"kind": "face", "weights": "pre", "backbone": "iresnet18", "width": 4, "size": 32, "batch": 4}
    return FaceSet.model_validate(values | changes)


def save_model(folder: Path, settings: FaceSet) -> Path:
    """The model of a pre-training, with moments as after training."""
    torch.manual_seed(5)
    network = Classifier(settings.backbone, settings.width, settings.size, 7)
    network.train()(torch.randn(8, 3, settings.size, settings.size) + 1)
    path = folder / "model.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in as_published(network.state_dict()).items()}, path)
    return path


def write(faces: Path, settings: FaceSet, model: Path | None = None, name: str = "out") -> dict[str, Any]:
    out = faces.with_name(f"{name}.arrow")
    weights = FaceWeights(model, faces.with_name("weights.yaml"), faces.parent)
    write_face_features(faces, settings, weights, out, device=CPU)
    table = read_arrow(out, SET_FEATURES)
    form = FeatureForm.of(table, out)
    assert form.sense == "face" and not form.absent.any()
    return table.to_pydict() | {"bytes": out.read_bytes(), "feature": np.array(table["feature"].to_pylist())}


@pytest.mark.parametrize(("backbone", "normalise"), [("iresnet18", "imagenet"), ("densenet", "unit")])
def test_a_row_a_frame_holds_what_the_encoder_sees(faces: Path, backbone: str, normalise: str) -> None:
    settings = face_set(backbone=backbone, normalise=normalise)
    model = save_model(faces.parent, settings)
    features = write(faces, settings, model)
    assert list(zip(features["of"], features["frame"], strict=True)) == [
        (s, n) for s, c in PEOPLE.items() for n in range(c)
    ]
    assert features["found"] == [place not in MISSING for place in zip(features["of"], features["frame"], strict=True)]
    torch.manual_seed(5)  # the same network as the pre-training's, made by hand
    network = Classifier(settings.backbone, settings.width, settings.size, 7)
    network.train()(torch.randn(8, 3, settings.size, settings.size) + 1)
    mean, deviation = (
        ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)) if normalise == "imagenet" else ((0.5,) * 3, (0.5,) * 3)
    )
    for row, (subject, frame) in enumerate(zip(features["of"], features["frame"], strict=True)):
        if (subject, frame) in MISSING:
            assert not features["feature"][row].any()
            continue
        decoded = cv2.imdecode(np.frombuffer(jpeg(face(subject, frame)), np.uint8), cv2.IMREAD_COLOR)
        small = cv2.resize(decoded, (32, 32), interpolation=cv2.INTER_AREA)[:, :, ::-1]
        tensor = torch.from_numpy(((small / 255 - mean) / deviation).astype(np.float32)).permute(2, 0, 1)
        with torch.inference_mode():
            expected = network.eval().encoder(tensor[None])[0].numpy()
        np.testing.assert_allclose(features["feature"][row], expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("backbone", ["iresnet18", "densenet", "resnet18"])
def test_batches_change_nothing_but_the_last_digits(faces: Path, backbone: str) -> None:
    model = save_model(faces.parent, face_set(backbone=backbone))
    whole = write(faces, face_set(backbone=backbone, batch=64), model)
    for batch in (1, 3):
        parts = write(faces, face_set(backbone=backbone, batch=batch), model)
        assert [parts[key] for key in ("of", "frame", "found")] == [whole[key] for key in ("of", "frame", "found")]
        np.testing.assert_allclose(parts["feature"], whole["feature"], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("backbone", "size"), [("iresnet100", 32), ("densenet", 32), ("vit_b_16", 32), ("inception_resnet_v1", 80)]
)
def test_random_weights_are_the_same_each_time_and_see_differences(faces: Path, backbone: str, size: int) -> None:
    settings = face_set(weights="random_init", backbone=backbone, size=size)
    first = write(faces, settings, name="first")
    torch.manual_seed(99)
    torch.rand(3)
    before = torch.get_rng_state()
    second = write(faces, settings, name="second")
    assert first["bytes"] == second["bytes"]
    assert torch.equal(torch.get_rng_state(), before)
    vectors = first["feature"][np.array(first["found"])]
    assert np.isfinite(vectors).all() and np.abs(vectors).max() < 1e3
    assert len(np.unique(vectors.round(3), axis=0)) == len(vectors) == sum(PEOPLE.values()) - len(MISSING)


def test_published_weights_are_brought_by_the_user(faces: Path) -> None:
    source = {"title": "a network", "licence": "free", "used_by": "tests", "format": "checkpoint", "how": "ask"}
    registry = faces.with_name("weights.yaml")
    registry.write_text(json.dumps({"net": source | {"prefix": "module."}}))
    settings = face_set(weights="net", width=64)
    with pytest.raises(InputError, match=r"affectflow weights fetch net --file PATH"):
        write(faces, settings)
    torch.manual_seed(5)
    network = Classifier("iresnet18", 64, 32, 7)
    network.train()(torch.randn(8, 3, 32, 32) + 1)
    tensors = {f"module.{key}": tensor for key, tensor in network.encoder.state_dict().items()}
    torch.save(tensors, faces.with_name("net.pth"))
    fetch("net", read_registry(registry), faces.parent, faces.with_name("net.pth"))
    model = faces.with_name("model.safetensors")
    save_file({key: tensor.contiguous() for key, tensor in as_published(network.state_dict()).items()}, model)
    assert write(faces, settings)["bytes"] == write(faces, settings, model)["bytes"]
    for changes, problem in (({"size": 48}, "have another shape of"), ({"backbone": "densenet"}, "lack")):
        with pytest.raises(
            InputError, match=rf"weights net {problem} .* change backbone, width, size or weights of the set"
        ):
            write(faces, face_set(weights="net", **{"width": 64} | changes))


def test_a_damaged_model_or_face_is_named(faces: Path) -> None:
    settings = face_set()
    broken = faces.with_name("broken.safetensors")
    broken.write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"broken\.safetensors: not a whole trained model"):
        write(faces, settings, broken)
    model = save_model(faces.parent, settings)
    table = read_arrow(faces, FACES).to_pylist()
    table[10]["face"] = b"no picture"
    with arrow_writer(faces.with_name("damaged.arrow"), FACES) as out:
        for row in table:
            out.append(row)
    with pytest.raises(InputError, match=r"damaged\.arrow: the face of 'tést' in frame 1 is not a JPEG picture"):
        write(faces.with_name("damaged.arrow"), settings, model)
    assert not faces.with_name("out.arrow").exists()


def test_a_shard_without_any_frame_gives_a_file_without_rows(tmp_path: Path) -> None:
    with arrow_writer(tmp_path / "faces.arrow", FACES):
        pass
    settings = face_set(weights="random_init")
    assert write(tmp_path / "faces.arrow", settings)["of"] == []


def test_long_stretches_without_a_face_do_not_wait(tmp_path: Path) -> None:
    """More frames than wait at once, with a face only at both ends."""
    count, settings = 9000, face_set(weights="random_init")
    with arrow_writer(tmp_path / "faces.arrow", FACES) as out:
        for frame in range(count):
            row: dict[str, Any] = dict.fromkeys(field.name for field in FACES)
            has_face = frame in (0, count - 1)
            out.append(
                row
                | {"subject": "x", "frame": frame, "found": has_face, "face": jpeg(face("x", 1)) if has_face else None}
            )
    features = write(tmp_path / "faces.arrow", settings)
    assert features["frame"] == list(range(count)) and np.flatnonzero(features["found"]).tolist() == [0, count - 1]
    assert np.flatnonzero(features["feature"].any(axis=1)).tolist() == [0, count - 1]
    np.testing.assert_allclose(features["feature"][0], features["feature"][-1], atol=1e-5)
    assert features["feature"].shape == (count, feature_length("iresnet18", 4))


def test_the_rule_s_script_does_the_same(faces: Path, root: Path) -> None:
    settings = face_set()
    model = save_model(faces.parent, settings)
    expected = write(faces, settings, model)["bytes"]
    words = [
        warm.python(), root / "workflow/scripts/face_features.py", "--faces", faces,
        "--set", settings.model_dump_json(), "--model", model,
        "--device", CPU.model_dump_json(), "--out", faces.with_name("by_script.arrow"),
    ]  # fmt: skip
    result = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert faces.with_name("by_script.arrow").read_bytes() == expected
    record = json.loads(faces.with_name("by_script.arrow.record.json").read_text())
    assert {Path(item["path"]).name for item in record["inputs"]} == {"faces.arrow", "model.safetensors"}
