"""A clip, and the artifacts that the stages of preprocessing make of it."""

import argparse
import subprocess
from pathlib import Path

import numpy as np

from affectflow.artifacts.layout import artifact_file, resized
from affectflow.artifacts.schemas import VIDEOS
from affectflow.artifacts.tables import read_parquet
from affectflow.config.data.corpora import DemoCorpus
from affectflow.config.system.settings import Run
from affectflow.dataloading.index import SplitIndex, SubjectFrames
from affectflow.datasets.video.demo_clips import plan
from affectflow.datasets.video.shard import Subject, Video
from affectflow.preprocessing.audio.filters import Filters, mel_filters
from affectflow.preprocessing.audio.mel import spectrogram_shard
from affectflow.preprocessing.body.mask import mask_shard
from affectflow.preprocessing.face.align import align_shard
from affectflow.preprocessing.face.people import find_people_shard
from affectflow.preprocessing.media.decode import DecodeOutputs, decode_shard
from affectflow.preprocessing.media.ffmpeg import environment, ffmpeg_binary
from affectflow.preprocessing.media.resize import resize_shard
from affectflow.synthetic.make import make_demo

Parser = argparse.ArgumentParser

SIZE = 112
"""Side of the pictures that networks read (Antoniadis et al.)."""


def clip_options(
    description: str, seconds: float, meaning: str = "length to which the clip is looped or cut"
) -> Parser:
    """The options of a program that measures on a clip."""
    options = Parser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("clip", type=Path, nargs="?", help="a video of the demo when not given")
    options.add_argument("--seconds", type=float, default=seconds, help=meaning)
    return options


def looped(clip: Path | None, seconds: float, folder: Path, *options: str) -> Path:
    """`clip.mp4` in a folder: the clip, or a video of the demo, over and over, cut to a length in seconds."""
    folder.mkdir(exist_ok=True)
    source, out = clip or demo_clip(folder), folder / "clip.mp4"
    command = [ffmpeg_binary(), "-loglevel", "error", "-y", "-stream_loop", "-1", "-i", str(source), "-t", str(seconds)]
    command += [*options, "-c:v", "libx264", "-c:a", "aac", str(out)]
    subprocess.run(command, check=True, env=environment())
    return out


def demo_clip(folder: Path) -> Path:
    """A video of the demo corpus: 8 s of 640x360, one person, with sound."""
    corpus = DemoCorpus(kind="demo", root=folder / "demo", subjects=(1, 1, 1), rate=30)
    make_demo(corpus)
    return corpus.root / next(clip.path for clip in plan(corpus) if not clip.silent and len(clip.actors) == 1)


class Prepared:
    """A video whose artifacts lie in `work` as those of a shard of its name."""

    def __init__(self, path: Path, run: Run, work: Path) -> None:
        self.run, self.work, self.name = run, work, path.stem
        self.video = Video(path.stem, path, (Subject(path.stem),))
        kinds = ("videos", "frames", "sound", "people", "shots", "faces", "body", "mel")
        self.files = {kind: work / artifact_file(kind, self.name) for kind in kinds}
        self.files["resized"] = work / artifact_file(resized(SIZE), self.name)
        self.filters: Filters = mel_filters(run.mel, run.decode.sample_rate)

    def decode(self) -> None:
        out = DecodeOutputs(self.files["videos"], self.files["frames"], self.files["sound"])
        decode_shard([self.video], self.run.decode, out)

    def find_people(self) -> None:
        files = (self.files[name] for name in ("people", "shots"))
        find_people_shard(self.files["frames"], [self.video], self.run.faces, *files)

    def align_face(self) -> None:
        files = (self.files[name] for name in ("frames", "people", "shots"))
        align_shard(*files, [self.video], self.run.faces, self.files["faces"])

    def faces(self) -> None:
        self.find_people()
        self.align_face()

    def mask_body(self) -> None:
        files = (self.files[name] for name in ("frames", "faces", "videos"))
        mask_shard(*files, [self.video], self.run.body, self.files["body"], people=self.files["people"])

    def resize(self) -> None:
        resize_shard(self.files["frames"], SIZE, self.run.resize, self.files["resized"])

    def spectrogram(self) -> None:
        spectrogram_shard(self.files["sound"], self.run.mel, self.filters, self.files["mel"])

    def index(self) -> SplitIndex:
        """A train split of this video alone, whose two targets are 0 in every frame."""
        row = read_parquet(self.files["videos"], VIDEOS).to_pylist()[0]
        subject = SubjectFrames(self.name, self.name, self.name, row["frames"], 0, row["width"], row["height"])
        return SplitIndex("train", (subject,), np.zeros((row["frames"], 2), np.float32))

    def everything(self) -> "Prepared":
        """All stages, one after the other."""
        for stage in (self.decode, self.faces, self.mask_body, self.resize, self.spectrogram):
            stage()
        return self
