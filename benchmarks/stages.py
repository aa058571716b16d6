"""Each stage of preprocessing against the bare calls that it cannot do without, on one clip, one process.

    python benchmarks/stages.py [CLIP] [--seconds 30] [--runs 5]

A ratio is the median over alternating runs of the baseline's time over ours: 1 means that the stage costs nothing
beside the calls themselves. Baselines:

- decode: ffmpeg alone, which decodes the same file with as many threads and encodes MJPEG of the same size and quality
  to nowhere, without the sound
- faces (find_people and align_face): the bare detector on every frame, and the landmark calls, on frames in memory
- mask_body: the bare pose networks on the windows of every frame, in memory
- spectrogram: one bare librosa call on the whole array
"""

import statistics
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import librosa
import numpy as np
from alternating import in_turns, ratio
from prepared import Prepared, clip_options, looped

from affectflow.artifacts.schemas import FACES, SOUND
from affectflow.artifacts.tables import read_arrow
from affectflow.config.system.load import load_run
from affectflow.preprocessing.audio.mel import LogMel
from affectflow.preprocessing.body.blazepose import BlazePose
from affectflow.preprocessing.body.blazepose_networks import Region
from affectflow.preprocessing.body.mask import mask_shard
from affectflow.preprocessing.face.detect import Detection, make_detector
from affectflow.preprocessing.face.landmarks import Dlib68
from affectflow.preprocessing.media.command import pictures_of, stored_size
from affectflow.preprocessing.media.ffmpeg import environment, ffmpeg_binary
from affectflow.preprocessing.media.pictures import Frames
from affectflow.preprocessing.media.probe import probe

Work = Callable[[], object]


def bare_decode(clip: Prepared) -> Work:
    """The command of the stage with its first output sent nowhere and the sound left out."""
    path, settings = Path(str(clip.video.path)), clip.run.decode
    media = probe(path)
    filters = pictures_of(media, stored_size(media, settings.height)).filters
    command = [ffmpeg_binary(), "-loglevel", "error", "-threads", "1", "-i", str(path), "-map", "0:V:0"]
    command += ["-vf", ",".join(filters), "-fps_mode", "passthrough", "-c:v", "mjpeg", "-threads:v", "1"]
    command += ["-q:v", str(settings.quality), "-f", "null", "-"]
    return lambda: subprocess.run(command, check=True, env=environment())


def bare_faces(clip: Prepared) -> Work:
    """The detector on every frame, the landmarks on the faces that the stage found."""
    pictures = list(Frames(clip.files["frames"]).pictures(clip.name))
    detector, model = make_detector(clip.run.faces.detector, clip.run.faces.min_score), Dlib68()
    rows = read_arrow(clip.files["faces"], FACES).to_pylist()
    faces = {row["frame"]: Detection(*row["box"], row["score"]) for row in rows if row["found"]}

    def bare() -> None:
        for frame, picture in enumerate(pictures):
            detector.detect(picture)
            if frame in faces:
                model.landmarks(picture, faces[frame], detector.square)

    return bare


def bare_mask_body(clip: Prepared) -> Work:
    """The pose networks on the windows that the stage would look at in every frame."""
    windows: list[np.ndarray] = []
    every_frame = clip.run.body.model_copy(update={"every": 1})
    pose = BlazePose(every_frame)
    search = pose._person.region

    def record(window: np.ndarray) -> Region | None:
        windows.append(window)
        return search(window)

    with (
        mock.patch.object(pose._person, "region", record),
        mock.patch("affectflow.preprocessing.body.mask.make_backend", lambda settings, device: pose),
    ):
        files = clip.files
        mask_shard(
            files["frames"],
            files["faces"],
            files["videos"],
            [clip.video],
            every_frame,
            files["body"],
            people=files["people"],
        )

    def bare() -> None:
        for window in windows:
            if region := search(window):
                pose._joints.pose(window, region)

    return bare


def bare_spectrogram(clip: Prepared) -> Work:
    """librosa on all samples at once."""
    rows, settings = read_arrow(clip.files["sound"], SOUND), clip.run.mel
    samples = np.concatenate([values.values.to_numpy() for values in rows["samples"]]).astype(np.float32) / 32768
    mel = LogMel(settings, clip.filters)
    return lambda: librosa.feature.melspectrogram(
        y=samples,
        sr=clip.filters.rate,
        n_fft=settings.n_fft,
        hop_length=mel.hop,
        win_length=mel.window,
        n_mels=settings.n_mels,
        fmin=settings.f_min,
        fmax=settings.f_max,
    )


BARE = {
    "decode": bare_decode,
    "faces": bare_faces,
    "mask_body": bare_mask_body,
    "spectrogram": bare_spectrogram,
}


def main() -> None:
    options = clip_options(__doc__, 30)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--settings", type=Path, default=Path("config/config.yaml"))
    options.add_argument("--only", nargs="*", choices=BARE, default=list(BARE))
    args = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = looped(args.clip, args.seconds, Path(folder))
        clip = Prepared(path, load_run([args.settings], {}), Path(folder)).everything()
        frames = Frames(clip.files["frames"]).count(clip.name)
        print("| stage | of what | baseline, per second | ours, per second | ratio |")
        print("|---|---|---|---|---|")
        for name in args.only:
            times = in_turns({"bare": BARE[name](clip), "ours": getattr(clip, name)}, args.runs)
            count, unit = (args.seconds, "seconds of sound") if name == "spectrogram" else (frames, "frames")
            bare, ours = (count / statistics.median(times[way]) for way in ("bare", "ours"))
            print(f"| {name} | {unit} | {bare:.1f} | {ours:.1f} | {ratio(times, 'bare', 'ours'):.2f} |", flush=True)


if __name__ == "__main__":
    main()
