"""The readers of streams by the stream's name: a new one is a line here."""

from collections.abc import Callable, Mapping

from affectflow.config.model.networks import Stream
from affectflow.dataloading.streams.body import body, context
from affectflow.dataloading.streams.face import face, landmarks
from affectflow.dataloading.streams.features import features_of
from affectflow.dataloading.streams.interface import Tensors
from affectflow.dataloading.streams.shared import Shared
from affectflow.dataloading.streams.sound import mel

STREAMS: Mapping[Stream, Callable[[Shared], Tensors]] = {
    "face": face,
    "landmarks": landmarks,
    "body": body,
    "context": context,
    "mel": mel,
    "features": features_of("features"),
    "sound_features": features_of("sound_features"),
    "face_features": features_of("face_features"),
}
