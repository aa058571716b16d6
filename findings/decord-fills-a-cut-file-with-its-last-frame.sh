#!/usr/bin/env bash
# decord ends an mp4 that was cut without coding with 26 copies of its last picture, and puts every time 1 s early.
#
# One would guess: an edit list hides the frames between the key frame and the cut. A reader either honours it (102
# frames) or shows the hidden ones first (127, the first at -1 s); and OpenCV's CAP_PROP_FRAME_COUNT says how many
# frames it will give.
# What happens: `ffmpeg -ss 3 -i … -t 4 -c copy` starts at the key frame at 2 s and hides 25 frames. OpenCV and PyAV show
# 102 frames; OpenCV's count says 127. decord has 127 frames: the 101 first are the shown ones, then the last picture
# stands 26 times, and one picture is never seen. Its times are those of the hidden frames: picture k is said to be at
# k / 25 - 1 s.
# Whom it hurts: whoever reads cut clips by decord (most video networks' data loaders do): a score a frame has a
# tail that did not happen, annotations by time are joined to pictures of 1 s later, and by OpenCV's count a table gets
# 25 rows of nothing. Cuts of phones and of lossless cutters look like this.
#
# Seen with decord 0.6.0, opencv-python-headless 5.0.0.93, av 18.1.0, imageio-ffmpeg 0.6.0 (ffmpeg 7.0.2), numpy 2.4.6:
#   opencv: count 127, read 102; pyav 102; decord 127: last picture 26 times, frame 25 said at 0.0 s is picture 25
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check decord==0.6.0 opencv-python-headless==5.0.0.93 \
  av==18.1.0 imageio-ffmpeg==0.6.0 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import subprocess

import av
import cv2
import decord
import imageio_ffmpeg
import numpy as np

ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
source = ("-f", "lavfi", "-i", "testsrc=r=25:s=320x240:d=10", "-c:v", "libx264", "-g", "50", "-pix_fmt", "yuv420p")
subprocess.run([ffmpeg, "-v", "error", *source, "whole.mp4"], check=True)
subprocess.run([ffmpeg, "-v", "error", "-ss", "3", "-i", "whole.mp4", "-t", "4", "-c", "copy", "cut.mp4"], check=True)

capture = cv2.VideoCapture("cut.mp4")
count, read = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)), 0
while capture.read()[0]:
    read += 1
with av.open("cut.mp4") as file:
    shown = [frame.to_ndarray(format="rgb24").astype(np.int16) for frame in file.decode(video=0)]
reader = decord.VideoReader("cut.mp4")
pictures = [picture.asnumpy().astype(np.int16) for picture in reader]


def nearest(picture: np.ndarray) -> int:
    """Which of the shown pictures it is."""
    return min(range(len(shown)), key=lambda place: float(np.abs(shown[place] - picture).mean()))


last = sum(nearest(picture) == len(shown) - 1 for picture in pictures)
seconds = float(reader.get_frame_timestamp(25)[0])
found = f"opencv: count {count}, read {read}; pyav {len(shown)}; decord {len(pictures)}: last picture {last} times, "
found += f"frame 25 said at {abs(seconds):.1f} s is picture {nearest(pictures[25])}"
print(found)
expected = (
    "opencv: count 127, read 102; pyav 102; decord 127: last picture 26 times, frame 25 said at 0.0 s is picture 25"
)
assert found == expected, f"changed: expected {expected}"
PYTHON
