"""Make torchvision importable beside a CPU build of torch. Import this before torchvision or Lightning.

The registry's torchvision is compiled for CUDA. Beside a CPU build of torch its compiled operators do not
load, and its import then fails on `operator torchvision::nms does not exist`, because it describes two
operators that nobody declared. Declaring their signatures is enough for its models and transforms, which are
plain torch; the operators themselves (nms, roi_align, image decoding) stay absent and are not used here.
Where torchvision's own library loads, as in every matching pair of builds, nothing is done.
"""

import importlib.util
import os
from pathlib import Path

import torch


def _native_operators_load() -> bool:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or spec.origin is None:
        return True  # not installed: the import error that follows says so
    for library in Path(spec.origin).parent.glob("_C*.so"):
        try:
            torch.ops.load_library(os.fspath(library))
        except OSError:
            return False
        return hasattr(torch.ops.torchvision, "nms")
    return False


NATIVE = _native_operators_load()

if not NATIVE:
    torch.library.define("torchvision::nms", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    torch.library.define("torchvision::qnms", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
