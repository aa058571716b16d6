"""Libraries tell their developers nothing on standard error; errors are seen."""

import os
import subprocess
import sys
from pathlib import Path

from repository import HELPERS

DETECT_SCRIPT = """
import cv2
from people import scene
from affectflow.preprocessing.body.blazepose import BlazePose
from affectflow.config.data.preprocessing import Body
from affectflow.preprocessing.face.mediapipe_full import MediaPipeFull

picture = scene([(130, 10)])
rgb = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
pose, faces = BlazePose(Body(backend="blazepose")), MediaPipeFull(0.5)
for some in (rgb * 0, rgb, rgb):
    found = pose._pose.process(some, "pose_landmarks")
print(found is not None, len(faces.detect(picture)))
"""


def test_mediapipe_says_nothing_and_finds_what_it_found(root: Path) -> None:
    result = _python(DETECT_SCRIPT, root)
    assert (result.stdout, result.stderr) == ("True 1\n", "")


LOADING = """
import os, sys
from affectflow.preprocessing.media.quiet import without_chatter

try:
    with without_chatter():
        os.write(2, sys.argv[1].encode())
        print("ours", file=sys.stderr)
        raise ValueError("the library's own")
except ValueError as error:
    print(error, file=sys.stderr)
"""


def test_errors_are_passed_on_and_standard_error_is_as_before(root: Path) -> None:
    log_lines = (
        "INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n"
        "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
        "W0000 00:00:1796137148.067400   26628 inference_feedback_manager.cc:114] Feedback manager\n"
        "E0000 00:00:1796137148.067400   26628 calculator.cc:1] the model is damaged\n"
        "  INFO: within a line stays\n"
    )
    lines = _python(LOADING, root, log_lines).stderr.splitlines()
    assert lines[0].startswith("E0000 ") and lines[0].endswith("the model is damaged")
    assert lines[1:] == ["  INFO: within a line stays", "ours", "the library's own"]


def _python(code: str, root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    places = os.pathsep.join([f"{root}/src", f"{HELPERS}"])
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": places},
    )
