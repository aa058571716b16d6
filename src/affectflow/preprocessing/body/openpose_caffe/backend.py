"""OpenPose's BODY_25 from the file of weights that OpenPose publishes, without OpenPose."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from affectflow.artifacts.job import note
from affectflow.compute.devices import choose, describe_device
from affectflow.compute.memory import explain_full_memory
from affectflow.config.data.preprocessing import Body
from affectflow.config.system.execution import Device
from affectflow.core.errors import InputError
from affectflow.preprocessing.body.backend import Frame, Hint, Joints
from affectflow.preprocessing.body.openpose_caffe.affinity import connections
from affectflow.preprocessing.body.openpose_caffe.inputs import NetInput, as_input, fit, net_inputs
from affectflow.preprocessing.body.openpose_caffe.maps import merge
from affectflow.preprocessing.body.openpose_caffe.network import HEAT_MAPS, load_body25
from affectflow.preprocessing.body.openpose_caffe.peaks import find_peaks
from affectflow.preprocessing.body.openpose_caffe.people import assemble
from affectflow.preprocessing.media.pictures import Picture

_GPU_BATCH = 16
"""Frames that a GPU sees at once; on a CPU more than one costs memory and saves no time."""


class OpenPoseCaffe:
    """All people of a frame, with OpenPose's scores: the height of a joint's peak, which noise may lift above 1.

    Raises:
        InputError: `body.openpose_weights` is not set, or no file with all layers of BODY_25.
    """

    def __init__(self, settings: Body) -> None:
        if settings.openpose_weights is None:
            raise InputError("body.openpose_weights is not set: OpenPose's file pose_iter_584000.caffemodel")
        self._settings = settings
        self._network = load_body25(Path(settings.openpose_weights))
        self._device = torch.device("cpu")
        self.batch = 1

    def use(self, device: Device) -> None:
        """Run on the GPU where there is one and `device` asks for it, else with its number of threads."""
        torch.set_num_threads(device.threads)
        torch.use_deterministic_algorithms(device.deterministic)
        accelerator, _ = choose(device, min(device.gpus, 1))
        note(describe_device(accelerator, 1))
        self._device = torch.device("cuda" if accelerator == "gpu" else "cpu")
        self._network = self._network.to(self._device)
        self.batch = _GPU_BATCH if accelerator == "gpu" else 1

    def people(self, frame: Frame, hints: Sequence[Hint]) -> list[Joints]:
        return self.people_of([frame], [hints])[0]

    def people_of(self, frames: Sequence[Frame], hints: Sequence[Sequence[Hint]]) -> list[list[Joints]]:
        """As `people`, of several frames of one video; a frame without hints is not looked at."""
        wanted = [frame.picture for frame, its in zip(frames, hints, strict=True) if its]
        joints = iter(self.joints(wanted) if wanted else [])
        return [[next(joints)] * len(its) if its else [] for its in hints]

    @torch.inference_mode()
    def joints(self, pictures: Sequence[Picture]) -> list[Joints]:
        """The people of each of several pictures of one size, in pixels of the pictures."""
        height, width = pictures[0].shape[:2]
        settings = self._settings
        inputs = net_inputs(width, height, settings.net_resolution, settings.scale_number, settings.scale_gap)
        with explain_full_memory("BODY_25"):
            scales = [self._maps(pictures, net_input) for net_input in inputs]
            # One picture's maps in the input's pixels take 75 MB at 656x368.
            return [_people([maps[n] for maps in scales], inputs, (width, height)) for n in range(len(pictures))]

    def _maps(self, pictures: Sequence[Picture], net_input: NetInput) -> torch.Tensor:
        seen = np.stack([as_input(picture, net_input) for picture in pictures])
        return torch.cat(self._network(torch.from_numpy(seen).to(self._device)), 1)


def _people(maps: Sequence[torch.Tensor], inputs: Sequence[NetInput], size: tuple[int, int]) -> Joints:
    merged = merge(maps, inputs)
    # As in OpenPose, which computes the way back from the picture's rounded size in the input.
    within = tuple(int(inputs[0].scale * side + 0.5) for side in size)
    back = fit((within[0], within[1]), size)
    # Half a pixel of the picture: joints count from its edge, pixels of maps from the middle of the first.
    peaks = find_peaks(merged[: HEAT_MAPS - 1], 0.5 / back)
    joints = assemble(connections(merged[HEAT_MAPS:], peaks), peaks)
    joints[..., :2] *= back
    return joints
