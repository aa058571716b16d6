"""What each artifact holds: one Arrow schema each, in one place.

Coordinates are pixels of the stored frame (see the `decode` settings), x to the right, y down, (0, 0) the
upper left corner of the upper left pixel. `frame` counts from 0 within its video, in presentation order.
"""

from collections.abc import Sequence

import pyarrow as pa

from affectflow.core.tracks import Track, track_of

# One row a video: what decoding found. `digest` is the SHA-256 of the source file; `rate` the mean of the
# frames' own timestamps, `container_rate` what the container says; `width` and `height` of the stored
# frame, `source_*` of the upright source. `expected` are the frames that the packets announce (null where no frame
# was decoded), `damaged` those that were lost or decoded with errors: packets that gave no frame although the decoder
# told of errors, frames that it marks as corrupt, frames of packets that the container marks so. `sound_damaged` are
# seconds of sound that were lost. `picture_track` and `sound_track` are the numbers, from 1 on, of the tracks that
# were taken (null: none), `picture_tracks` and `sound_tracks` how many there are. Each of the `notes` says one thing
# that is odd about the file or was done to it.
VIDEOS = pa.schema(
    [
        ("video", pa.string()),
        ("path", pa.string()),
        ("digest", pa.string()),
        ("frames", pa.int32()),
        ("rate", pa.float64()),
        ("container_rate", pa.float64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("source_width", pa.int32()),
        ("source_height", pa.int32()),
        ("has_audio", pa.bool_()),
        ("audio_seconds", pa.float64()),
        ("expected", pa.int32()),
        ("damaged", pa.int32()),
        ("sound_damaged", pa.float64()),
        ("picture_track", pa.int32()),
        ("picture_tracks", pa.int32()),
        ("sound_track", pa.int32()),
        ("sound_tracks", pa.int32()),
        ("notes", pa.list_(pa.string())),
    ]
)

# One row a decoded frame; `time` in seconds from the start of the file's timeline.
FRAMES = pa.schema([("video", pa.string()), ("frame", pa.int32()), ("time", pa.float64()), ("jpeg", pa.binary())])

# One row a decoded frame, square, as networks read it.
RESIZED = pa.schema([("video", pa.string()), ("frame", pa.int32()), ("jpeg", pa.binary())])

# One row a block of mono sound; `offset` is the index of the block's first sample and `start` the time
# of sample 0 in seconds on the frames' timeline. Blocks of a video follow each other without gaps.
SOUND = pa.schema(
    [
        ("video", pa.string()),
        ("sample_rate", pa.int32()),
        ("start", pa.float64()),
        ("offset", pa.int64()),
        ("samples", pa.list_(pa.int16())),
    ]
)

# One row a shot of a video: its number, from 0 on, its first frame and how many it has.
SHOTS = pa.schema([("video", pa.string()), ("shot", pa.int32()), ("first", pa.int32()), ("frames", pa.int32())])

# One row a person whose face was found in a video. `person` counts from 1, the most prominent first (`prominence` is
# area times score of the face, summed over its frames). `first` and `last` are the first and last frame with a face,
# `frames` how many have one; `size` (root of the box's area), `x` and `y` (its centre) are medians over these.
# `picture` is a JPEG of the best face, of frame `best`, whose centre is `best_x`, `best_y`. The lists have an entry a
# face: `face_frames`; `boxes` left, top, right, bottom; `scores`; `points` 5 x (x, y) as `anchors` in `FACES`, empty
# for a detector that gives none. `embedding` is the vector of the best face where `faces.identity.store` asks for it,
# null otherwise.
PEOPLE = pa.schema(
    [
        ("video", pa.string()),
        ("person", pa.int32()),
        ("first", pa.int32()),
        ("last", pa.int32()),
        ("frames", pa.int32()),
        ("size", pa.float32()),
        ("x", pa.float32()),
        ("y", pa.float32()),
        ("prominence", pa.float64()),
        ("best", pa.int32()),
        ("best_x", pa.float32()),
        ("best_y", pa.float32()),
        ("picture", pa.binary()),
        ("face_frames", pa.list_(pa.int32())),
        ("boxes", pa.list_(pa.float64())),
        ("scores", pa.list_(pa.float64())),
        ("points", pa.list_(pa.float32())),
        ("embedding", pa.list_(pa.float32())),
    ]
)

# One row a subject and decoded frame. `shot` is the shot of the video that the frame belongs to, counted from 0, null
# where faces were not looked for in the video. Where `found` is false all that follows is null. `box` is left, top,
# right, bottom; `landmarks` 68 x (x, y) in the order of 300-W, null for a source that gives none;
# `anchors` 5 x (x, y): right eye, left eye (of the picture: left first), nose tip, mouth corners left
# and right; `face` the aligned face as JPEG.
FACES = pa.schema(
    [
        ("subject", pa.string()),
        ("frame", pa.int32()),
        ("shot", pa.int32()),
        ("found", pa.bool_()),
        ("score", pa.float32()),
        ("box", pa.list_(pa.float32(), 4)),
        ("landmarks", pa.list_(pa.float32(), 136)),
        ("anchors", pa.list_(pa.float32(), 10)),
        ("face", pa.binary()),
    ]
)

# One row a subject and decoded frame; `joints` 25 x (x, y, confidence) in BODY_25 order, a missing joint
# (0, 0, 0); `box` left, top, right, bottom by equation 1 of Antoniadis et al., null where not `found`.
BODY = pa.schema(
    [
        ("subject", pa.string()),
        ("frame", pa.int32()),
        ("found", pa.bool_()),
        ("joints", pa.list_(pa.float32(), 75)),
        ("box", pa.list_(pa.float32())),  # 4 long; Parquet keeps no null of a fixed length
    ]
)

# One row a block of spectrogram columns; `column` is the index of the block's first one, `start` the time
# of the centre of column 0 and `hop` the distance of columns, in seconds; `values` column after column,
# each `bands` numbers from the lowest band up. The file's schema has metadata, `bands`, `hop` and `silence`,
# which also serve videos that have no rows because they have no sound: `affectflow.preprocessing.audio.window.MelForm`.
MEL = pa.schema(
    [
        ("video", pa.string()),
        ("start", pa.float64()),
        ("hop", pa.float64()),
        ("bands", pa.int32()),
        ("column", pa.int64()),
        ("values", pa.list_(pa.float32())),
    ]
)

# One row a subject. `frames` were decoded, `rows` are in the label file (null without one); `difference`
# is frames - rows where they were reconciled. What is of the video is as in `VIDEOS`.
MANIFEST = pa.schema(
    [
        ("subject", pa.string()),
        ("video", pa.string()),
        ("shard", pa.string()),
        ("split", pa.string()),
        ("path", pa.string()),
        ("digest", pa.string()),
        ("frames", pa.int32()),
        ("rows", pa.int32()),
        ("difference", pa.int32()),
        ("rate", pa.float64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
        ("has_audio", pa.bool_()),
        ("expected", pa.int32()),
        ("damaged", pa.int32()),
        ("sound_damaged", pa.float64()),
        ("notes", pa.list_(pa.string())),
    ]
)

# One row a still picture of an image corpus, in the order of its list. `image` is its name there; `digest` the SHA-256
# of its file; `expression` the number of a class in the order of Aff-Wild2, 7 for contempt; `compound` the number of a
# class in the corpus's own list (`affectflow.core.compound`); action units 0 or 1; `votes` how many people
# chose each expression; `face` the face as JPEG, square.
# What is not annotated is null.
UNITS = track_of("au", "union17").targets
IMAGES = pa.schema(
    [
        ("image", pa.string()),
        ("digest", pa.string()),
        ("expression", pa.int8()),
        ("valence", pa.float32()),
        ("arousal", pa.float32()),
        ("compound", pa.int8()),
        *((unit, pa.int8()) for unit in UNITS),
        ("votes", pa.list_(pa.int16())),
        ("face", pa.binary()),
    ]
)


# One row a subject and decoded frame: what a branch has learnt to see in a face, as `copy` shows it; `found` as in
# `FACES`. All rows have as many numbers.
FEATURES = pa.schema(
    [
        ("subject", pa.string()),
        ("frame", pa.int32()),
        ("found", pa.bool_()),
        ("feature", pa.list_(pa.float32())),
    ]
)

# One row a decoded frame of a set that is extracted: `of` is the subject whose face, or the video whose sound, it is
# of; `found` whether there was any. Where not, `feature` is what the set has for nothing, as the metadata of the file's
# schema say: `affectflow.artifacts.feature_form.FeatureForm`.
SET_FEATURES = pa.schema(
    [
        ("of", pa.string()),
        ("frame", pa.int32()),
        ("found", pa.bool_()),
        ("feature", pa.list_(pa.float32())),
    ]
)

# What a branch has learnt to see in the pictures of `IMAGES`, in their order.
IMAGE_FEATURES = pa.schema([("image", pa.string()), ("feature", pa.list_(pa.float32()))])


def labels_schema(track: Track) -> pa.Schema:
    """One row a subject and row of its label file, with the track's targets; null is "not annotated". Of a track of
    clips one row a subject, frame 0."""
    kind = pa.float32() if track.continuous else pa.int8()
    return pa.schema([("subject", pa.string()), ("frame", pa.int32()), *((name, kind) for name in track.targets)])


def predictions_schema(track: Track) -> pa.Schema:
    """One row a subject and decoded frame, or a clip (frame 0), with the track's outputs."""
    outputs = ((name, pa.float32()) for name in track.outputs)
    return pa.schema([("subject", pa.string()), ("frame", pa.int32()), *outputs])


def image_predictions_schema(outputs: Sequence[str]) -> pa.Schema:
    """One row a still picture of an image corpus, in the order of its stored faces, with what a branch predicts."""
    return pa.schema([("image", pa.string()), *((name, pa.float32()) for name in outputs)])
