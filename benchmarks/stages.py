"""Each stage of preprocessing against the bare calls that it cannot do without, on one clip, one process.

`python benchmarks/stages.py CLIP [--seconds 10] [--runs 5]`. A ratio is the median over alternating runs of the
baseline's time over ours: 1 means that the stage costs nothing beside the calls themselves. Baselines:

- decode: ffmpeg alone, which decodes the same file with as many threads and encodes MJPEG of the same size and quality
  to nowhere, without the sound
- align_face: the bare detector and landmark calls on frames that are in memory
- mask_body: the bare pose calls on the windows that the stage looks at, in memory
- spectrogram: one bare librosa call on the whole array
"""

import argparse
import statistics
import subprocess
import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest import mock

import librosa
import numpy as np
from alternating import in_turns, looped, ratio

from affectflow.artifacts.schemas import FACES, SOUND
from affectflow.artifacts.tables import read_arrow
from affectflow.audio.filters import mel_filters
from affectflow.audio.mel import LogMel, spectrogram_shard
from affectflow.body.blazepose import BlazePose
from affectflow.body.mask import mask_shard
from affectflow.config.load import load_run
from affectflow.config.settings import Run
from affectflow.corpus.shard import Subject, Video
from affectflow.face.align import align_shard
from affectflow.face.detect import Detection, make_detector
from affectflow.face.landmarks import Dlib68
from affectflow.media.command import decode_command, stored_size
from affectflow.media.decode import DecodeOutputs, decode_shard
from affectflow.media.ffmpeg import environment, ffmpeg_binary
from affectflow.media.pictures import Frames
from affectflow.media.probe import probe

Ways = tuple[Callable[[], object], Callable[[], object], float]
"""Baseline, ours, and how many frames or seconds of sound are handled."""


class Clip:
    """A clip and the artifacts that stages make of it."""

    def __init__(self, path: Path, run: Run, folder: Path) -> None:
        self.run, self.folder = run, folder
        self.video = Video(path.stem, path, (Subject(path.stem),))
        names = {"frames": "arrow", "sound": "arrow", "faces": "arrow", "mel": "arrow", "videos": "parquet"}
        self.files = {name: folder / f"{name}.{suffix}" for name, suffix in (names | {"body": "parquet"}).items()}

    def decode(self) -> Ways:
        """The command of the stage with its first output sent nowhere and the sound left out."""
        found = probe(self.video.path)
        size = stored_size(found, self.run.decode.height)
        command = decode_command(self.video.path, found, size, self.run.decode, 0, 0)
        options = dict(pairwise(command))
        bare = [ffmpeg_binary(), "-loglevel", "error", "-threads", "1", "-i", str(self.video.path), "-map", "0:V:0"]
        bare += ["-vf", options["-vf"], "-fps_mode", "passthrough", "-c:v", "mjpeg", "-threads:v", "1"]
        bare += ["-q:v", str(self.run.decode.quality), "-f", "null", "-"]
        outputs = DecodeOutputs(self.files["videos"], self.files["frames"], self.files["sound"])
        decode_shard([self.video], self.run.decode, outputs)
        return (
            lambda: subprocess.run(bare, check=True, env=environment()),
            lambda: decode_shard([self.video], self.run.decode, outputs),
            Frames(self.files["frames"]).count(self.video.video),
        )

    def align_face(self) -> Ways:
        """Needs `decode`."""
        align_shard(self.files["frames"], [self.video], self.run.faces, self.files["faces"])
        pictures = list(Frames(self.files["frames"]).pictures(self.video.video))
        detector, model = make_detector(self.run.faces.detector, self.run.faces.min_score), Dlib68()
        rows = read_arrow(self.files["faces"], FACES).to_pylist()
        faces = {row["frame"]: Detection(*row["box"], row["score"]) for row in rows if row["found"]}

        def bare() -> None:
            for frame, picture in enumerate(pictures):
                detector.detect(picture)
                if frame in faces:
                    model.landmarks(picture, faces[frame], detector.square)

        def ours() -> None:
            align_shard(self.files["frames"], [self.video], self.run.faces, self.files["faces"])

        return bare, ours, len(pictures)

    def mask_body(self) -> Ways:
        """Needs `align_face`."""
        windows: list[np.ndarray] = []
        seen = BlazePose(self.run.body)
        process = seen._pose.process

        def kept(window: np.ndarray) -> Any:
            windows.append(window)
            return process(window)

        def ours() -> None:
            files = (self.files[name] for name in ("frames", "faces", "videos"))
            mask_shard(*files, [self.video], self.run.body, self.files["body"])

        with (
            mock.patch.object(seen._pose, "process", kept),
            mock.patch("affectflow.body.mask.make_backend", lambda settings: seen),
        ):
            ours()
        return (
            lambda: [process(window) for window in windows],
            ours,
            Frames(self.files["frames"]).count(self.video.video),
        )

    def spectrogram(self) -> Ways:
        """Needs `decode`."""
        rows, settings = read_arrow(self.files["sound"], SOUND), self.run.mel
        samples = np.concatenate([values.values.to_numpy() for values in rows["samples"]]).astype(np.float32) / 32768
        rate = rows["sample_rate"][0].as_py()
        filters = mel_filters(settings, rate)
        mel = LogMel(settings, filters)

        def bare() -> object:
            return librosa.feature.melspectrogram(
                y=samples,
                sr=rate,
                n_fft=settings.n_fft,
                hop_length=mel.hop,
                win_length=mel.window,
                n_mels=settings.n_mels,
                fmin=settings.f_min,
                fmax=settings.f_max,
            )

        def ours() -> None:
            spectrogram_shard(self.files["sound"], settings, filters, self.files["mel"])

        return bare, ours, len(samples) / rate


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("clip", type=Path)
    options.add_argument("--seconds", type=float, default=10, help="length to which the clip is looped or cut")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--settings", type=Path, default=Path("config/config.yaml"))
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        looped(given.clip, given.seconds, path)
        clip = Clip(path, load_run([given.settings], {}), Path(folder))
        print("| stage | of what | baseline, per second | ours, per second | ratio |")
        print("|---|---|---|---|---|")
        for name, unit in {
            "decode": "frames", "align_face": "frames", "mask_body": "frames", "spectrogram": "seconds of sound"
        }.items():  # fmt: skip
            bare, ours, count = getattr(clip, name)()
            taken = in_turns({"bare": bare, "ours": ours}, given.runs)
            bare_rate, our_rate = (count / statistics.median(taken[way]) for way in ("bare", "ours"))
            print(
                f"| {name} | {unit} | {bare_rate:.1f} | {our_rate:.1f} | {ratio(taken, 'bare', 'ours'):.2f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
