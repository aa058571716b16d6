"""Libraries tell their developers nothing on standard error."""

import os
import subprocess
import sys
from pathlib import Path

from repository import HELPERS

DETECT_SCRIPT = """
from people import scene
from affectflow.config.data.preprocessing import Body
from affectflow.preprocessing.body.backend import Extent, Frame, Hint, make_backend
from affectflow.preprocessing.face.detect import make_detector

picture = scene([(130, 10)])
for name in ("centerface", "blazeface"):
    (face,) = make_detector(name, 0.5).detect(picture)
height, width = picture.shape[:2]
frame = Frame(None, 0, Extent(width, height, width, height, 1), lambda: picture)
(people,) = make_backend(Body(backend="blazepose")).people(frame, [Hint(face.box, 0, (0.0, width))])
print(people.shape)
"""


def test_detectors_say_nothing_and_find_what_is_there(root: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", DETECT_SCRIPT],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([f"{root}/src", f"{HELPERS}"])},
    )
    assert (result.stdout, result.stderr) == ("(1, 25, 3)\n", "")
