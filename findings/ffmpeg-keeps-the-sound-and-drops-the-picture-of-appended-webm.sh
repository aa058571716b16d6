#!/usr/bin/env bash
# Of two Matroska or WebM recordings that were joined by `cat`, ffmpeg converts all of the sound and half of the picture.
#
# One would guess: either reading stops where the second file's header stands (100 frames, 4 s of both), or all is
# read (200 frames, 8 s of both).
# What happens: the demuxer reads on, and times begin again at 0. PyAV and OpenCV give 200 frames, frame 100 at 0.0 s
# again (OpenCV's count and every reader's duration are those of the first half). `ffmpeg -i joined.mkv out.mp4` then takes
# the second half's frames for late ones and drops all but two: 102 frames, 4.1 s; of the sound it keeps 8.0 s.
# Whom it hurts: recorders in browsers write WebM in chunks, and web sites append what comes after a reconnection to the
# same file. The converted film freezes at 4 s while the voice goes on; by time, frames of the second half are joined to
# annotations of the first.
#
# Seen with imageio-ffmpeg 0.6.0 (ffmpeg 7.0.2), av 18.1.0, opencv-python-headless 5.0.0.93, numpy 2.4.6:
#   pyav 200 frames, frame 100 at 0.0 s; opencv 200, count 100; converted: 102 frames, 8.0 s of sound
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check imageio-ffmpeg==0.6.0 av==18.1.0 \
  opencv-python-headless==5.0.0.93 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import subprocess
from pathlib import Path

import av
import cv2
import imageio_ffmpeg


def ffmpeg(*words: str) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *words], check=True)


picture, sound = ("-f", "lavfi", "-i", "testsrc=r=25:s=320x240:d=4"), ("-f", "lavfi", "-i", "sine=d=4")
ffmpeg(*picture, *sound, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "libopus", "half.mkv")
Path("joined.mkv").write_bytes(Path("half.mkv").read_bytes() * 2)
ffmpeg("-i", "joined.mkv", "out.mp4")

with av.open("joined.mkv") as file:
    times = [frame.time for frame in file.decode(video=0)]
capture, read = cv2.VideoCapture("joined.mkv"), 0
while capture.read()[0]:
    read += 1
with av.open("out.mp4") as file:
    frames = sum(1 for _ in file.decode(video=0))
with av.open("out.mp4") as file:
    seconds = sum(frame.samples / frame.sample_rate for frame in file.decode(audio=0))
found = f"pyav {len(times)} frames, frame 100 at {times[100]:.1f} s; opencv {read}, count "
found += f"{int(capture.get(cv2.CAP_PROP_FRAME_COUNT))}; converted: {frames} frames, {seconds:.1f} s of sound"
print(found)
expected = "pyav 200 frames, frame 100 at 0.0 s; opencv 200, count 100; converted: 102 frames, 8.0 s of sound"
assert found == expected, f"changed: expected {expected}"
PYTHON
