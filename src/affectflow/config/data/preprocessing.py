"""Settings of the stages that turn pixels and sound into artifacts."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Settings
from affectflow.config.data.backends import BackendName, DetectorName
from affectflow.config.project import InProject, WordOrFile

Positive = Annotated[float, Field(gt=0)]
Probability = Annotated[float, Field(ge=0, le=1)]


class Decode(Settings):
    """Video decoding."""

    height: Annotated[int, Field(ge=0)] = 360
    """Pixels of the shorter side of stored frames: the height of a lying picture, the width of an upright one. A frame
    that is smaller is stored as it is; 0 stores every frame at its own size. All coordinates in all artifacts are
    pixels of the stored frame."""
    quality: Annotated[int, Field(ge=2, le=31)] = 3
    """JPEG quantiser scale of ffmpeg: 2 is best, 31 smallest."""
    sample_rate: Annotated[int, Field(ge=8000, le=192000)] = 44100
    """Rate of the stored mono sound in Hz (Kollias and Zafeiriou, section VI; code of Antoniadis et al.)."""
    ffmpeg: Annotated[WordOrFile, Field(min_length=1)] = "packaged"
    """Which ffmpeg decodes, and writes videos: `packaged`, the one that the package imageio-ffmpeg carries; `path`, the
    one on the PATH; or the path of a file, with a slash. It is tried before it is used; versions from 5.1 on can do."""
    sound_track: Annotated[int, Field(ge=1)] | None = None
    """Which of a video's sound tracks is taken, counted from 1. Where not given, the one that the file marks as its
    default, else the longest, and the next one where that cannot be decoded."""
    unreadable: Literal["fail", "leave_out"] = "fail"
    """What a file is of which no frame can be decoded: empty, cut short before its index, no video. `fail`: its shard's
    job fails, and names it; `leave_out`: a video of 0 frames, which is in no training, prediction or score, and which
    the log, the manifest and the report name. A file that is missing is an error with both. A change decodes nothing
    anew."""


class Faces(Settings):
    """Face detection, linking and alignment."""

    source: Literal["detect", "official"] = "detect"
    """`detect` finds faces in the decoded frames; `official` takes the organisers' `cropped_aligned` pictures."""
    detector: DetectorName = "centerface"
    """Face detector; see docs/backends.md for what each finds and costs."""
    landmarker: Literal["dlib68", "detector"] = "dlib68"
    """`dlib68`: 68 landmarks (Kollias and Zafeiriou, section IV), from which the five anchors follow; `detector`: the
    detector's own five points, without the 68."""
    min_score: Probability = 0.5
    """Detections with a lower score are dropped."""
    max_gap: Annotated[int, Field(ge=0)] = 15
    """Frames that a face may be missing before a new track is begun."""
    min_overlap: Probability = 0.3
    """Least overlap (intersection over union) of a face with the last one of its track."""
    size: Literal[112, 96] = 112
    """Side of the aligned face in pixels: 112 (Aff-Wild2, Antoniadis et al.), 96 (Kollias and Zafeiriou)."""
    quality: Annotated[int, Field(ge=1, le=100)] = 95
    """JPEG quality of the aligned face."""
    transform: Literal["similarity", "affine"] = "similarity"
    """What lays the five anchors of a face on those of a frontal one, with the least squared error: `similarity` turns,
    shifts and scales; `affine`, which Kollias and Zafeiriou name (section IV), also stretches and shears, so that a
    face that is turned away becomes as wide as a frontal one."""


class Body(Settings):
    """Body joints and the box of equation 1 of Antoniadis et al."""

    backend: BackendName = "blazepose"
    """Where the 25 joints come from; `blazepose` works offline, `openpose` is the paper's."""
    lambda_x: Annotated[float, Field(ge=0)] = 0.1
    """Margin of the box on each side, as a share of its width (section 3.2.2; the public code has 0.01)."""
    lambda_y: Annotated[float, Field(ge=0)] = 0.25
    """Margin of the box above and below, as a share of its height (section 3.2.2)."""
    min_confidence: Probability = 0.1
    """Joints below are dropped (section 3.2.2)."""
    openpose_models: Annotated[str, InProject] | None = None
    """Model folder of OpenPose, for `openpose`."""
    openpose_json: Annotated[str, InProject] | None = None
    """Folder with one folder of JSON files a video, for `openpose-json`."""

    @model_validator(mode="after")
    def _backend_has_what_it_needs(self) -> "Body":
        if self.backend == "openpose" and not self.openpose_models:
            raise ValueError("backend openpose needs openpose_models: the folder `models/` of OpenPose")
        if self.backend == "openpose-json" and not self.openpose_json:
            raise ValueError("backend openpose-json needs openpose_json: the folder with the JSON folders")
        return self


class Resize(Settings):
    """Frames in the size that networks read, stored once instead of made anew in every epoch."""

    quality: Annotated[int, Field(ge=1, le=100)] = 95
    """JPEG quality."""


class Mel(Settings):
    """The log-mel spectrogram of the whole sound track."""

    preset: Literal["ntua", "kollias", "custom"] = "ntua"
    """`ntua`: dB mel spectrogram of the public code of Antoniadis et al., normalised by its mean and deviation;
    `kollias`: 33 ms windows with 11 ms overlap, scaled to [-1, 1] (section VI); `custom`: the keys below.
    A preset sets every key below that is not given."""
    n_mels: Annotated[int, Field(ge=8, le=256)] = 64
    """Bands. In each must lie a frequency of the Fourier transform; these are decode.sample_rate / n_fft apart."""
    bands: Literal["mel", "linear"] = "mel"
    """How bands lie between the lowest and the highest frequency: equally wide in mel (public code of Antoniadis et
    al.), or in Hz, as in a plain spectrogram. Kollias and Zafeiriou say "spectrograms" and no more."""
    window: Positive = 0.020
    """Analysis window in seconds."""
    hop: Positive = 0.010
    """Distance of windows in seconds."""
    n_fft: Annotated[int, Field(ge=64, le=65536)] = 1024
    """Length of the Fourier transform in samples; at least the window."""
    f_min: Annotated[float, Field(ge=0)] = 0.0
    """Lowest frequency in Hz."""
    f_max: Positive | None = None
    """Highest frequency in Hz; half the sample rate when not given."""
    scale: Literal["standard", "unit"] = "standard"
    """`standard`: (dB - mean) / deviation; `unit`: dB clipped to [floor, 0] below the full scale and mapped
    to [-1, 1]."""
    mean: float = -14.8
    """Mean in dB for `standard` (public code of Antoniadis et al.)."""
    deviation: Positive = 19.895
    """Standard deviation in dB for `standard` (public code of Antoniadis et al.)."""
    floor: Annotated[float, Field(lt=0)] = -80.0
    """Level in dB that `unit` maps to -1, and below which `standard` does not go."""

    @model_validator(mode="before")
    @classmethod
    def _preset(cls, values: object) -> object:
        if isinstance(values, dict) and values.get("preset") == "kollias":
            return {"window": 0.033, "hop": 0.022, "n_fft": 2048, "scale": "unit"} | values
        return values

    @model_validator(mode="after")
    def _window_holds_hop(self) -> "Mel":
        if self.hop > self.window:
            raise ValueError(f"hop ({self.hop} s) is longer than window ({self.window} s): sound would be skipped")
        return self


class Preview(Settings):
    """The contact sheet of each video."""

    columns: Annotated[int, Field(ge=1, le=24)] = 6
    """Moments shown, evenly spaced over the video."""
    height: Annotated[int, Field(ge=60, le=720)] = 160
    """Height of one picture in pixels."""
