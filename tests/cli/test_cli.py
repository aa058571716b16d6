"""Command lines: the words that users type, and what they are told."""

import subprocess
import sys
from pathlib import Path

import pytest

from affectflow.cli.main import main
from affectflow.cli.snakemake import targets_first


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["--cores", "8", "--resources", "gpu=2", "results/test_track1.csv"],
            ["results/test_track1.csv", "--cores", "8", "--resources", "gpu=2"],
        ),
        (
            ["--resources", "gpu=2", "mem_mb=100", "a.csv", "b.csv", "-n"],
            ["a.csv", "b.csv", "--resources", "gpu=2", "mem_mb=100", "-n"],
        ),
        (["--config", "seed=1", "x", "--res", "gpu=1", "y"], ["x", "y", "--config", "seed=1", "--res", "gpu=1"]),
        (["a.csv", "--cores", "8", "--resources", "gpu=2"], ["a.csv", "--cores", "8", "--resources", "gpu=2"]),
        (["--resources", "gpu=2", "--", "a.csv"], ["--resources", "gpu=2", "--", "a.csv"]),
        (["--resources=gpu=2", "a.csv"], ["a.csv", "--resources=gpu=2"]),
        (["--until", "decode", "a.csv"], ["--until", "decode", "a.csv"]),
    ],
)
def test_targets_may_stand_behind_resources(arguments: list[str], expected: list[str]) -> None:
    assert targets_first(arguments) == expected


def test_the_installed_command_takes_the_documented_order_of_words(root: Path) -> None:
    command = [Path(sys.executable).with_name("snakemake"), "--cores", "8", "--resources", "gpu=2", "-n"]
    result = subprocess.run(
        [*command, "--resources", "gpu=2", "no/such/target"], cwd=root, capture_output=True, text=True
    )
    assert "no/such/target" in result.stderr + result.stdout
    assert "ValueError" not in result.stderr + result.stdout


def test_weights_that_are_missing_say_how_to_get_them(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["weights", "--registry", str(root / "config" / "weights.yaml"), "--dir", str(tmp_path)]
    assert main([*options, "list"]) == 0
    output = capsys.readouterr().out
    for name in ("imagenet_resnet50", "imagenet_resnet18", "places365_resnet50", "affectnet_face", "glove_6b_300d"):
        assert f"{name}: missing" in output
    assert output.count("licence:") >= 5
    assert main([*options, "verify", "imagenet_resnet18"]) == 2
    assert "affectflow weights fetch imagenet_resnet18" in capsys.readouterr().err
    assert main([*options, "fetch", "affectnet_face"]) == 2
    assert "--file PATH" in capsys.readouterr().err


def test_doctor_names_what_is_usable_and_the_fix_for_what_is_not(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    assert main(["doctor"]) == 0
    output = capsys.readouterr().out
    for word in ("snakemake 9.27.1", "torch 2.13.0", "ffmpeg", "centerface: usable, and chosen", "blazepose: usable"):
        assert word in output, output
    for word in ("openpose", "dlib-hog", "weights", "not here"):
        assert word not in output, output
    assert main(["doctor", "--verbose"]) == 0
    output = capsys.readouterr().out
    assert "openpose" in output and "docs/backends.md" in output
    assert "dlib-hog: usable\n" in output and "weights imagenet_resnet18: " in output
    assert main(["doctor", "--settings", "config/affwild2.yaml"]) == 1
    output = capsys.readouterr().out
    assert (
        "MISSING" in output and "affectflow weights fetch places365_resnet50 --settings config/affwild2.yaml" in output
    )
    assert "data/Aff-Wild2/videos: no such folder" in output and "openvino" not in output


@pytest.mark.parametrize(
    ("requested", "available", "status", "words"),
    [
        (0, 0, 0, "ok       device: no GPU; jobs run on the CPU"),
        (1, 0, 0, "ok       device: no GPU; jobs run on the CPU"),
        (2, 0, 1, "MISSING  device: no GPU; jobs run on the CPU"),
        (3, 2, 1, "MISSING  device: H, H; device.gpus asks for 3"),
        (2, 2, 0, "ok       device: H, H\n"),
    ],
)
def test_doctor_counts_the_gpus_that_are_asked_for(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    requested: int,
    available: int,
    status: int,
    words: str,
) -> None:
    monkeypatch.chdir(root)
    monkeypatch.setattr("affectflow.cli.doctor.visible_devices", lambda: list(map(str, range(available))))
    monkeypatch.setattr("torch.cuda.is_available", lambda: available > 0)
    monkeypatch.setattr("torch.cuda.get_device_name", lambda number: "H")
    settings = tmp_path / "run.yaml"
    settings.write_text(f"device: {{gpus: {requested}}}\n")
    assert main(["doctor", "--settings", "config/config.yaml", "--settings", str(settings)]) == status
    output = capsys.readouterr().out
    assert words in output
    assert ("fix: train where there are" in output) == bool(status)


def test_a_wrong_settings_file_is_one_line_and_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--settings", str(tmp_path / "gone.yaml")]) == 2
    assert capsys.readouterr().err.startswith("error: ")


def test_predict_refuses_what_it_cannot_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    options = ["--out", "scores", "--settings", str(root / "config" / "config.yaml")]
    assert main(["predict", "gone.mp4", *options]) == 2
    assert "gone.mp4: no such file" in capsys.readouterr().err
    (tmp_path / "a.mp4").touch()
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "a.avi").touch()
    assert main(["predict", "a.mp4", "b", *options]) == 2
    assert "both would be a.csv" in capsys.readouterr().err
    assert main(["predict", "a.mp4", *options]) == 2
    assert "is not trained on corpus demo yet" in capsys.readouterr().err
