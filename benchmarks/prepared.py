"""A clip, and the artifacts that the stages of preprocessing make of it."""

import subprocess
from pathlib import Path

from affectflow.audio.filters import Filters, mel_filters
from affectflow.audio.mel import spectrogram_shard
from affectflow.body.mask import mask_shard
from affectflow.config.corpora import DemoCorpus
from affectflow.config.settings import Run
from affectflow.corpus.demo.clips import plan
from affectflow.corpus.demo.make import make_demo
from affectflow.corpus.shard import Subject, Video
from affectflow.face.align import align_shard
from affectflow.media.decode import DecodeOutputs, decode_shard
from affectflow.media.ffmpeg import environment, ffmpeg_binary


def looped(clip: Path, length: float, out: Path, *options: str) -> None:
    """The clip over and over, cut to a length in seconds; `options` for ffmpeg."""
    command = [ffmpeg_binary(), "-loglevel", "error", "-y", "-stream_loop", "-1", "-i", str(clip), "-t", str(length)]
    command += [*options, "-c:v", "libx264", "-c:a", "aac", str(out)]
    subprocess.run(command, check=True, env=environment())


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
        kinds = {"frames": "arrow", "sound": "arrow", "faces": "arrow", "mel": "arrow"}
        kinds |= {"videos": "parquet", "body": "parquet"}
        self.files = {kind: work / kind / f"{self.name}.{suffix}" for kind, suffix in kinds.items()}
        self.filters: Filters = mel_filters(run.mel, run.decode.sample_rate)

    def decode(self) -> None:
        out = DecodeOutputs(self.files["videos"], self.files["frames"], self.files["sound"])
        decode_shard([self.video], self.run.decode, out)

    def align_face(self) -> None:
        align_shard(self.files["frames"], [self.video], self.run.faces, self.files["faces"])

    def mask_body(self) -> None:
        files = (self.files[name] for name in ("frames", "faces", "videos"))
        mask_shard(*files, [self.video], self.run.body, self.files["body"])

    def spectrogram(self) -> None:
        spectrogram_shard(self.files["sound"], self.run.mel, self.filters, self.files["mel"])

    def everything(self) -> "Prepared":
        """All stages, one after the other."""
        for stage in (self.decode, self.align_face, self.mask_body, self.spectrogram):
            stage()
        return self
