"""Which ffmpeg decodes: the packaged one, or another that a setting names and that was tried."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from media_factory import Decoded, clip

from affectflow.cli.doctor import findings
from affectflow.config.system.load import load_run
from affectflow.core.errors import InputError
from affectflow.preprocessing.media.ffmpeg import ffmpeg_binary
from affectflow.preprocessing.media.overlay import write_copy
from affectflow.preprocessing.media.trial import encoder, usable

SINE = "sine=frequency=440:duration=2"


def binary(package: str) -> str:
    """An ffmpeg as a version of imageio-ffmpeg has it (`make install-dev`)."""
    path = Path(sys.prefix) / "ffmpegs" / package / "ffmpeg"
    if not path.exists():
        pytest.skip(f"no {path}; `make install-dev` unpacks it")
    return str(path)


def fake(folder: Path, text: str) -> str:
    path = folder / "ffmpeg"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize("package", ["0.6.0", "0.8.1"])
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi"])
def test_another_version_gives_equal_frames_and_times(tmp_path: Path, package: str, name: str) -> None:
    program = binary(package)
    codec, options = ("mpeg4", ["-enc_time_base", "1:25"]) if name == "a.avi" else ("libx264", ["-bf", 2])
    path = clip(tmp_path / name, *options, sound=SINE, codec=codec)
    usual, other = Decoded(path, tmp_path / "usual"), Decoded(path, tmp_path / "other", ffmpeg=program)
    assert other.numbers() == usual.numbers() == list(range(50))
    assert other.times == pytest.approx(usual.times, abs=1e-9)
    other_samples, usual_samples = other.samples().astype(int), usual.samples().astype(int)
    # 9.0 leaves out what an encoder has added at the end of an mp4
    assert abs(len(other_samples) - len(usual_samples)) < 1024
    length = min(len(other_samples), len(usual_samples))
    assert np.abs(other_samples[:length] - usual_samples[:length]).max() < 330  # a hundredth
    write_copy(other.out.frames, other.out.sound, "clip", tmp_path / "copy.mp4", program)
    copy = Decoded(tmp_path / "copy.mp4", tmp_path / "shown")
    assert np.diff(copy.times) == pytest.approx(np.diff(other.times), abs=2e-5)


def test_a_version_that_cannot_do_is_refused_at_the_start_in_one_sentence(tmp_path: Path) -> None:
    program = binary("0.4.9")
    path = clip(tmp_path / "a.mp4")
    with pytest.raises(InputError) as error:
        Decoded(path, tmp_path / "out", ffmpeg=program)
    message = str(error.value)
    assert message.startswith(
        f"{program} (ffmpeg version 4.2.2-static) cannot decode as is needed (Unrecognized option"
    )
    assert message.endswith("set decode.ffmpeg to packaged, or to an ffmpeg of version 5.1 or later with the encoders "
                         "mjpeg, libx264 and aac")  # fmt: skip
    assert "\n" not in message and not list((tmp_path / "out").iterdir())


def test_the_one_on_the_path_is_not_taken_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = fake(tmp_path, "exit 3")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", program)
    assert Path(ffmpeg_binary()).parent.name == "binaries"
    assert ffmpeg_binary("path") == program
    assert ffmpeg_binary(program) == program
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="there is no ffmpeg on the PATH"):
        ffmpeg_binary("path")
    with pytest.raises(InputError, match="/nowhere: no such program; expected packaged, path or a file"):
        ffmpeg_binary("/nowhere")


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("exit 3", "cannot decode as is needed (it said nothing)"),
        ('case "$*" in *lavfi*) exit 0 ;; esac; exec {real} "$@"', "came back with the times []"),
        ('exec {real} $(echo "$@" | sed "s/:rate=10:/:rate=5:/")', "cannot decode as is needed"),
    ],
)
def test_what_comes_back_is_looked_at(tmp_path: Path, script: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        usable(fake(tmp_path, script.format(real=ffmpeg_binary())))
    assert message in str(error.value)


def test_an_ffmpeg_without_an_encoder_is_refused_where_videos_are_written(tmp_path: Path) -> None:
    program = fake(tmp_path, f'exec {ffmpeg_binary()} $(echo "$@" | sed "s/libx264/libnothing/")')
    assert usable(program).binary == program
    with pytest.raises(InputError, match=r"cannot write videos \(.*Encoder not found\); set decode.ffmpeg"):
        encoder(program)


def test_a_process_tries_once(tmp_path: Path) -> None:
    program = fake(tmp_path, f'echo >> {tmp_path}/calls; exec {ffmpeg_binary()} "$@"')
    for _ in range(3):
        usable(program)
    assert (tmp_path / "calls").read_text().count("\n") == 2  # its version, its trial


def test_doctor_tries_the_same(tmp_path: Path, root: Path) -> None:
    run = load_run(root / "config/config.yaml")
    program = fake(tmp_path, "exit 3")
    bad = run.model_copy(update={"decode": run.decode.model_copy(update={"ffmpeg": program})})
    good, refusal = (
        next(f for f in findings(settings, root, verbose=False) if f.subject == "ffmpeg") for settings in (run, bad)
    )
    assert not good.fix and good.state.endswith(", tried")
    assert refusal.needed and refusal.fix and program in refusal.state


def test_the_workflow_refuses_at_its_start(tmp_path: Path, root: Path) -> None:
    program = fake(tmp_path, "exit 3")
    command = [sys.executable, "-m", "snakemake", "-n", "--config", f"decode={{ffmpeg: {program}}}"]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, env=dict(os.environ))
    assert result.returncode != 0
    assert f"{program} (no version) cannot decode as is needed" in result.stdout + result.stderr
