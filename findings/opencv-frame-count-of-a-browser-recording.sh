#!/usr/bin/env bash
# OpenCV says that a webm as browsers record it has some -3 x 10^17 frames, and a rate that it has not.
#
# One would guess: where a file does not say how many frames it has, CAP_PROP_FRAME_COUNT is 0 or -1, and CAP_PROP_FPS is
# about frames over seconds.
# What happens: a live webm (what MediaRecorder writes: no duration, frames left out when the machine is busy) has a
# count of -2.767e17, and a rate of 30, though 77 frames in 3 s are 25.7 a second.
# Whom it hurts: online experiments record faces in the browser. `for i in range(int(count))` does nothing, without an
# error; an array of that length is refused with a strange message; i / fps puts the last frame at 2.53 s and not 2.97 s.
#
# Seen with opencv-python-headless 5.0.0.93, imageio-ffmpeg 0.6.0 (ffmpeg 7.0.2), av 18.1.0, numpy 2.4.6:
#   count -2.767e+17, rate 30.0, read 77, last frame at 2.97 s
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check opencv-python-headless==5.0.0.93 \
  imageio-ffmpeg==0.6.0 av==18.1.0 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import subprocess
from pathlib import Path

import av
import cv2
import imageio_ffmpeg

# Every seventh frame is lost, as on a busy machine; sound beside it, written as a stream that cannot be rewound.
command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "lavfi", "-i", "testsrc=r=30:s=320x240:d=3"]
command += ["-f", "lavfi", "-i", "sine=d=3", "-vf", "select='not(eq(mod(n,7),3))'", "-fps_mode", "passthrough"]
command += ["-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus", "-f", "webm", "-live", "1", "-"]
Path("recorded.webm").write_bytes(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)

capture, read = cv2.VideoCapture("recorded.webm"), 0
while capture.read()[0]:
    read += 1
count, rate = capture.get(cv2.CAP_PROP_FRAME_COUNT), capture.get(cv2.CAP_PROP_FPS)
with av.open("recorded.webm") as file:
    last = max(frame.time for frame in file.decode(video=0))
found = f"count {count:.3e}, rate {rate}, read {read}, last frame at {last:.2f} s"
print(found)
expected = "count -2.767e+17, rate 30.0, read 77, last frame at 2.97 s"
assert found == expected, f"changed: expected {expected}"
PYTHON
