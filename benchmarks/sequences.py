"""Reading training sequences of face, body and context from artifacts, against one JPEG file a frame and stream.

    python benchmarks/sequences.py [CLIP] [--seconds 10] [--runs 5]

The baseline reads as the public code of Antoniadis et al. do: each frame's face (112x112) and picture (1280x720) are
JPEG files, opened by PIL in every epoch, and each stream of each frame goes through torchvision's Resize, ToTensor and
Normalize. The picture is opened once for body and context, which is kind to the baseline. Its JPEG files are such as
OpenCV writes if nobody says otherwise, of quality 95 (`--quality`); bytes are also given for ffmpeg's `-q:v 2`. Ours is
`Sequences` and `make_inputs`, with the stock settings, from artifacts and from the memory cache. One process and one
thread each; both end with the normalised tensors of all frames. Prints frames a second, and bytes on disk a frame.
"""

import statistics
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import affectflow.compute.torch_pair  # noqa: F401  before torchvision

# isort: split
import cv2
import numpy as np
import torch
from alternating import in_turns, ratio
from PIL import Image
from prepared import Prepared, clip_options, looped
from torch import Tensor
from torch.utils.data import default_collate
from torchvision import transforms

from affectflow.artifacts.schemas import BODY, FACES, VIDEOS
from affectflow.artifacts.tables import read_arrow, read_parquet
from affectflow.config.system.branch import Branch
from affectflow.config.system.load import load_run
from affectflow.dataloading.dataset import Sequences, open_sequences
from affectflow.dataloading.inputs import make_inputs
from affectflow.dataloading.source import Source
from affectflow.preprocessing.media.ffmpeg import environment, ffmpeg_binary

BCF = Branch(streams=("face", "body", "context"))
CACHE = 4 << 30


class JpegFiles:
    """A clip as folders of JPEG files."""

    def __init__(self, clip: Prepared, folder: Path, quality: int) -> None:
        self._frames, self._faces = folder / "frames", folder / "faces"
        self._frames.mkdir(parents=True)
        self._faces.mkdir()
        video, self.count = cv2.VideoCapture(str(clip.video.path)), 0
        while (grab := video.read())[0]:
            self.count += 1
            cv2.imwrite(str(self._frames / f"{self.count:05d}.jpg"), grab[1], [cv2.IMWRITE_JPEG_QUALITY, quality])
        rows = read_arrow(clip.files["faces"], FACES).to_pylist()
        black = cv2.imencode(".jpg", np.zeros((112, 112, 3), np.uint8))[1].tobytes()
        for row in rows:
            (self._faces / f"{row['frame'] + 1:05d}.jpg").write_bytes(row["face"] or black)
        extent = read_parquet(clip.files["videos"], VIDEOS).to_pylist()[0]
        scale = extent["source_width"] / extent["width"]
        body = read_parquet(clip.files["body"], BODY).to_pylist()
        self._boxes = [[round(v * scale) for v in row["box"]] if row["found"] else None for row in body]
        normalise = transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
        self._transform = transforms.Compose([transforms.Resize((112, 112)), transforms.ToTensor(), normalise])

    def frame(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        face = self._transform(Image.open(self._faces / f"{number + 1:05d}.jpg").convert("RGB"))
        picture = Image.open(self._frames / f"{number + 1:05d}.jpg").convert("RGB")
        body = self._transform(picture)
        if (box := self._boxes[number]) is not None:
            picture.paste((0, 0, 0), tuple(box))
        return face, body, self._transform(picture)

    def epoch(self) -> None:
        for first in range(0, self.count, 16):
            frames = [self.frame(number) for number in range(first, min(first + 16, self.count))]
            [torch.stack(stream) for stream in zip(*frames, strict=True)]

    def bytes(self) -> tuple[int, int]:
        """Of the pictures, of the faces."""
        frames, faces = (sum(path.stat().st_size for path in f.iterdir()) for f in (self._frames, self._faces))
        return frames, faces


def ffmpeg_bytes(clip: Prepared) -> int:
    """Bytes of all pictures as ffmpeg's best JPEG."""
    command = [ffmpeg_binary(), "-loglevel", "error", "-i", str(clip.video.path), "-fps_mode", "passthrough"]
    command += ["-q:v", "2", "-f", "mjpeg", "-"]
    return len(subprocess.run(command, check=True, env=environment(), capture_output=True).stdout)


def sequences(clip: Prepared, cache: int) -> Sequences:
    return open_sequences(Source(clip.index(), clip.work, BCF), cache_bytes=cache)


def epoch(data: Sequences) -> None:
    for sample in range(len(data)):
        make_inputs(default_collate([data[sample]]), BCF.streams, BCF.picture)


def main() -> None:
    options = clip_options(__doc__, 10)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--quality", type=int, default=95, help="of the baseline's JPEG files")
    args = options.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        path = looped(args.clip, args.seconds, Path(folder), "-vf", "scale=1280:720")
        clip = Prepared(path, load_run([Path("config/config.yaml")], {}), Path(folder) / "work").everything()
        files, cached = JpegFiles(clip, Path(folder) / "jpeg", args.quality), sequences(clip, CACHE)
        ways: dict[str, Callable[[], object]] = {
            "JPEG files": files.epoch,
            "artifacts": lambda: epoch(sequences(clip, 0)),
            "memory cache": lambda: epoch(cached),
        }
        times = in_turns(ways, args.runs)
        print("| way | frames a second | times the baseline |\n|---|---|---|")
        for name in ways:
            speed = files.count / statistics.median(times[name])
            print(f"| {name} | {speed:,.0f} | {ratio(times, 'JPEG files', name):.1f} |")
        ours = {kind: file.stat().st_size for kind, file in clip.files.items() if kind != "sound"}
        print("bytes a frame: " + ", ".join(f"{kind} {size / files.count:,.0f}" for kind, size in ours.items()))
        frames, faces = files.bytes()
        for name, size in ((f"quality {args.quality}", frames), ("ffmpeg's quality 2", ffmpeg_bytes(clip))):
            total = size + faces
            print(f"JPEG files of {name}: {total / files.count:,.0f}, ours 1 / {total / sum(ours.values()):.2f} of it")


if __name__ == "__main__":
    main()
