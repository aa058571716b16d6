"""Settings of the stages that turn pixels and sound into artifacts."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from affectflow.config.base import Settings
from affectflow.config.data.backends import BackendName, DetectorName, EmbedderName
from affectflow.config.project import InProject, WordOrFile

Positive = Annotated[float, Field(gt=0)]
Probability = Annotated[float, Field(ge=0, le=1)]


class Decode(Settings):
    """Video decoding."""

    height: Annotated[int, Field(ge=0)] = 360
    """Shorter side of stored frames in pixels: the height of a landscape picture, the width of a portrait one. Smaller
    frames are stored unchanged; 0 stores every frame at its original size. All coordinates in all artifacts are pixels
    of the stored frame."""
    quality: Annotated[int, Field(ge=2, le=31)] = 3
    """ffmpeg's quantiser scale for JPEG: 2 is the best quality, 31 the smallest file."""
    sample_rate: Annotated[int, Field(ge=8000, le=192000)] = 44100
    """Sample rate of the stored mono sound in Hz (Kollias and Zafeiriou, section VI; code of Antoniadis et al.)."""
    ffmpeg: Annotated[WordOrFile, Field(min_length=1)] = "packaged"
    """The ffmpeg that decodes and writes videos: `packaged`, the one in the package imageio-ffmpeg; `path`, the one on
    the PATH; or the path of a file, with a slash. It is tested before use; versions from 5.1 on work."""
    sound_track: Annotated[int, Field(ge=1)] | None = None
    """Which of a video's sound tracks is used, counted from 1. When not set: the track that the file marks as default,
    otherwise the longest one, or the next one if that cannot be decoded."""
    unreadable: Literal["fail", "leave_out"] = "fail"
    """What happens to a file without a single frame that can be decoded (empty, truncated before its index, not a
    video). `fail`: its shard's job fails and names it. `leave_out`: it counts as a video of 0 frames; no training,
    prediction or score includes it, and the log, the manifest and the report name it. A missing file is an error in
    both cases. Changing this setting decodes nothing again."""


class Identity(Settings):
    """How a person is recognised after a cut."""

    embedder: EmbedderName = "dlib-resnet"
    """Network that tells faces apart. `none` compares only places: after a cut, a face belongs to whoever had a face
    there before it."""
    max_distance: Positive | None = None
    """Largest mean distance between the vectors of faces that are taken for one person. When not set, the embedder's
    own (docs/backends.md): 0.55 for `dlib-resnet`."""
    store: bool = False
    """Store the vector of each person's best face in `people/<shard>.arrow`, for analyses of your own. Vectors identify
    people (biometric data); unless you ask for them they are discarded when a video's people are known."""

    @model_validator(mode="after")
    def _something_computes_what_is_stored(self) -> "Identity":
        if self.store and self.embedder == "none":
            raise ValueError("identity.store needs an embedder, and identity.embedder is none")
        return self


class Faces(Settings):
    """Face detection, tracking and alignment."""

    source: Literal["detect", "official"] = "detect"
    """`detect` finds faces in the decoded frames; `official` uses the organisers' `cropped_aligned` pictures."""
    detector: DetectorName = "centerface"
    """Face detector. docs/backends.md says what each one finds and how long it takes."""
    landmarker: Literal["dlib68", "detector"] = "dlib68"
    """`dlib68`: 68 landmarks (Kollias and Zafeiriou, section IV), from which the five anchor points are computed;
    `detector`: the detector's own five points, without the 68 landmarks."""
    min_score: Probability = 0.5
    """Detections with a lower score are discarded."""
    every: Annotated[int, Field(ge=1)] = 16
    """The detector looks at every n-th frame of a shot, and more often where two such frames disagree or a face between
    them looks like neither (docs/backends.md#key-frames); boxes in between are interpolated. 1: at every frame."""
    max_gap: Annotated[int, Field(ge=0)] = 15
    """Number of frames that a face may be missing before a new track starts."""
    min_overlap: Probability = 0.3
    """Smallest overlap (intersection over union) between a face and the previous one of its track."""
    identity: Identity = Identity()
    """How a person is recognised after a cut."""
    size: Literal[112, 96] = 112
    """Side of the aligned face in pixels: 112 (Aff-Wild2, Antoniadis et al.), 96 (Kollias and Zafeiriou)."""
    quality: Annotated[int, Field(ge=1, le=100)] = 95
    """JPEG quality of the aligned face."""
    transform: Literal["similarity", "affine"] = "similarity"
    """Transform that maps the five anchor points of a face to those of a frontal one, by least squares. `similarity`
    rotates, shifts and scales. `affine`, which Kollias and Zafeiriou name (section IV), also stretches and shears, so
    that a face in profile becomes as wide as a frontal one."""


class Body(Settings):
    """Body joints, and the body's box (equation 1 of Antoniadis et al.)."""

    backend: BackendName = "blazepose"
    """Program that finds the 25 joints. `blazepose` works offline; Antoniadis et al. use `openpose`, whose network
    `openpose-caffe` runs without OpenPose."""
    lambda_x: Annotated[float, Field(ge=0)] = 0.1
    """Margin of the box on each side, as a share of its width (section 3.2.2 of Antoniadis et al.; their code has
    0.01)."""
    lambda_y: Annotated[float, Field(ge=0)] = 0.25
    """Margin of the box above and below, as a share of its height (section 3.2.2)."""
    min_confidence: Probability = 0.1
    """Joints with a lower confidence are discarded (section 3.2.2)."""
    below_head: bool = False
    """Whether a body needs a joint below the head. In a close-up, where only eyes, nose and ears are seen, the box of
    equation 1 is a band over the eyes: right by the equation, but no body. Results call it "head only"."""
    every: Annotated[int, Field(ge=1)] | None = None
    """Joints are looked for in every n-th frame of a shot, and more often where two such frames disagree; those in
    between are interpolated (docs/backends.md#key-frames). When not set: 5 for `blazepose`, otherwise 1."""
    openpose_models: Annotated[str, InProject] | None = None
    """Model folder of OpenPose, for `openpose`."""
    openpose_json: Annotated[str, InProject] | None = None
    """Folder that contains one folder of JSON files for each video, for `openpose-json`."""
    openpose_weights: Annotated[str, InProject] | None = None
    """OpenPose's file `pose_iter_584000.caffemodel`, for `openpose-caffe` (docs/backends.md says where it is from)."""
    net_resolution: Annotated[str, Field(pattern=r"^(-1|[1-9]\d*)x(-1|[1-9]\d*)$")] = "-1x368"
    """Width and height in pixels of what the network of `openpose-caffe` sees, multiples of 16; -1 for the one that
    follows from the picture's shape (OpenPose's option and default). More finds smaller people and takes longer."""
    scale_number: Annotated[int, Field(ge=1, le=8)] = 1
    """Number of sizes at which `openpose-caffe` looks at a picture; their maps are averaged (OpenPose's option)."""
    scale_gap: Annotated[float, Field(gt=0, lt=1)] = 0.25
    """Difference between two of these sizes, as a share of the largest (OpenPose's option and default)."""

    @property
    def step(self) -> int:
        """`every`, or what holds where it is not set."""
        return self.every or (5 if self.backend == "blazepose" else 1)

    @model_validator(mode="after")
    def _backend_has_what_it_needs(self) -> "Body":
        if self.backend == "openpose" and not self.openpose_models:
            raise ValueError("backend openpose needs openpose_models: the folder `models/` of OpenPose")
        if self.backend == "openpose-json" and not self.openpose_json:
            raise ValueError("backend openpose-json needs openpose_json: the folder with the JSON folders")
        if self.backend == "openpose-caffe" and not self.openpose_weights:
            raise ValueError("backend openpose-caffe needs openpose_weights: OpenPose's pose_iter_584000.caffemodel")
        return self

    @model_validator(mode="after")
    def _network_can_see(self) -> "Body":
        sizes = [int(size) for size in self.net_resolution.split("x")]
        if sizes == [-1, -1] or any(size % 16 for size in sizes if size > 0):
            raise ValueError(
                f"net_resolution {self.net_resolution}: width and height must be multiples of 16, one of them may be -1"
            )
        if self.scale_gap * (self.scale_number - 1) >= 1:
            raise ValueError(
                f"scale_number {self.scale_number} and scale_gap {self.scale_gap}: the last size is "
                f"{1 - self.scale_gap * (self.scale_number - 1):g} of the largest; it must be more than 0"
            )
        return self


class Resize(Settings):
    """Frames in the networks' input size, stored once instead of resized in every epoch."""

    quality: Annotated[int, Field(ge=1, le=100)] = 95
    """JPEG quality."""


class Mel(Settings):
    """The log-mel spectrogram of the whole sound track."""

    preset: Literal["ntua", "kollias", "custom"] = "ntua"
    """`ntua`: mel spectrogram in dB as in the code of Antoniadis et al., normalised by its mean and standard deviation.
    `kollias`: 33 ms windows with 11 ms overlap, scaled to [-1, 1] (Kollias and Zafeiriou, section VI). `custom`: the
    keys below. A preset sets every key below that you do not set."""
    n_mels: Annotated[int, Field(ge=8, le=256)] = 64
    """Number of bands. Each must contain a frequency of the Fourier transform; these are decode.sample_rate / n_fft
    apart."""
    bands: Literal["mel", "linear"] = "mel"
    """Spacing of the bands between the lowest and the highest frequency: equal width in mel (code of Antoniadis et
    al.), or in Hz, as in a plain spectrogram. Kollias and Zafeiriou only say "spectrograms"."""
    window: Positive = 0.020
    """Analysis window in seconds."""
    hop: Positive = 0.010
    """Distance between windows in seconds."""
    n_fft: Annotated[int, Field(ge=64, le=65536)] = 1024
    """Length of the Fourier transform in samples, at least the window."""
    f_min: Annotated[float, Field(ge=0)] = 0.0
    """Lowest frequency in Hz."""
    f_max: Positive | None = None
    """Highest frequency in Hz. When not set, half the sample rate."""
    scale: Literal["standard", "unit"] = "standard"
    """`standard`: (dB - mean) / deviation; `unit`: dB relative to full scale, clipped to [floor, 0] and mapped to [-1,
    1]."""
    mean: float = -14.8
    """Mean in dB for `standard` (code of Antoniadis et al.)."""
    deviation: Positive = 19.895
    """Standard deviation in dB for `standard` (code of Antoniadis et al.)."""
    floor: Annotated[float, Field(lt=0)] = -80.0
    """Level in dB that `unit` maps to -1; also the lowest level with `standard`."""

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
    """Number of moments shown, evenly spaced over the video."""
    height: Annotated[int, Field(ge=60, le=720)] = 160
    """Height of one picture in pixels."""
