"""How a branch is described: what it reads, its network, what it learns from and how."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from affectflow.config.base import Name
from affectflow.config.evaluation.postprocess import Postprocess
from affectflow.config.model.bins import Bins
from affectflow.config.model.features import Features
from affectflow.config.model.networks import OF_FEATURES, CnnRnn, NetworkSettings, Stream
from affectflow.config.model.reaction import InteractionTransformer
from affectflow.config.model.samples import Landmarks, MelWindow, Picture, Sequence
from affectflow.config.model.temporal import SegmentLstm
from affectflow.config.numbers import Count
from affectflow.config.training.sets import StillSet
from affectflow.config.training.trained import STAND_IN, Augment, Trained
from affectflow.core.tasks import joint_name
from affectflow.core.tracks import Edition, TrackName

Overlap = Literal["leave_out", "keep"]


def _drop_nulls(value: Any) -> Any:
    """A mapping without the keys whose value is `null`; empty for `null` itself."""
    if value is None:
        return {}
    return {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value


class Branch(Trained):
    """One trained network on one or more streams."""

    streams: Annotated[tuple[Stream, ...], Field(min_length=1)]
    """What the network reads, in the order in which features are joined."""
    network: NetworkSettings = CnnRnn()
    init: Annotated[dict[str, str], BeforeValidator(_drop_nulls)] = {}
    """Weights by part of the network: by stream of a `cnn_rnn`; by component, `<component>.cnn`, `fusion` or `output`
    of a `multi_rnn`. Each is a name of the system's `pretraining`, of config/weights.yaml, or of another branch of the
    tracks that it learns, which is trained first; or CORPUS/SYSTEM/TRACK/BRANCH, a branch that another run has trained
    in this folder. What is not named starts from random weights; `null`, for all or for one part, clears what an
    extended file names."""
    features: Features | None = None
    """Where the streams of features come from."""
    teacher: Name | None = None
    """A branch of the tracks that it learns, which is trained first and whose predictions are learnt beside the
    annotations, as `loss.distillation` says (Vu and Beurton-Aimar). It reads the same streams."""
    sequence: Sequence = Sequence()
    picture: Picture = Picture()
    mel: MelWindow = MelWindow()
    landmarks: Landmarks = Landmarks()
    batch: Count = 16
    """Sequences a step; with `sets`, faces that are validated or predicted at once."""
    epochs: Count = 300
    """At most so many passes over the training split."""
    learn: Literal["train", "mixed"] = "train"
    """Whom it learns from: the training split, or that and the validation split (Meng et al., section 4.6). A branch
    that has learnt from both has no validation score: methods that have it are scored on the test split alone."""
    keep: tuple[Count, Count] | None = None
    """First and last of the epochs after each of which the network is kept; what they predict is averaged (Meng et al.,
    section 4.6: 11 to 16 for valence, 16 to 25 for arousal). The epoch that is best by `select` when not given."""
    select: str = "total"
    """Validation score that picks the epoch: `total`, or a part of it (`va`: `ccc_valence`, `ccc_arousal`; `expr` and
    `au`: `f1`, `accuracy`)."""
    sampling: Literal["all", "balanced"] = "all"
    """`all`: every sequence once an epoch; `balanced`: as many, drawn with a chance by how rare its annotated classes
    or active units are (`expr`, `au`). Off in Antoniadis et al."""
    postprocess: Postprocess = Postprocess()

    bins: Bins | None = None
    """Valence and arousal as probabilities of bins, whose expectation is predicted (Vu and Beurton-Aimar); two numbers
    when not given."""
    tracks: tuple[TrackName, ...] = ()
    """Tracks that one network learns together (Kollias and Zafeiriou, section VI-A). The branch then stands, the same,
    in each of them; when not given it learns the one in which it stands."""
    overlap: Overlap = "leave_out"
    """A subject that one of the `tracks` trains on and another validates or tests on: `leave_out` trains on none of its
    frames, so that no score is of people whom the network knows; `keep` trains on it with the labels that are for
    training. The paper is silent."""
    sets: dict[Name, StillSet] = {}
    """Sets of single faces that the branch learns from, and validates on, in place of the run's own splits (Kollias and
    Zafeiriou, section VI-B; docs/holistic.md). `overlap` holds for each video corpus among their members."""
    edition: Edition | None = None
    """Whose classes and action units the network predicts, where they are not those of the run's corpus but more: with
    `union17` all that Kollias and Zafeiriou's corpora annotate. The branch's predictions of a track are those that it
    asks for."""

    def task(self, track: TrackName) -> str:
        """What the branch learns where it stands in `track`: its name, or those of its `tracks` joined."""
        return joint_name(self.tracks or (track,))

    @property
    def largest_batch(self) -> int:
        """Samples of a step at most: of sets, one batch of each."""
        return sum(source.batch for source in self.sets.values()) or self.batch

    @property
    def sees_single_faces(self) -> bool:
        """Whether it reads nothing but a face, each by itself."""
        return self.streams == ("face",) and not self.network.recurrent

    @property
    def carries(self) -> bool:
        """Whether its network goes on from sequence to sequence of a video."""
        return isinstance(self.network, SegmentLstm) and self.network.carry

    @property
    def per_clip(self) -> bool:
        """Whether it predicts a clip as a whole, not each frame."""
        return isinstance(self.network, InteractionTransformer)

    @property
    def overlappable(self) -> bool:
        """Whether its sequences may overlap in prediction, whatever it was trained on: it predicts frames, looks along
        time, and begins each sequence anew."""
        return self.network.recurrent and self.sequence.length > 1 and not self.carries and not self.per_clip

    @property
    def made_from(self) -> tuple[str, ...]:
        """Names of weights, branches and other runs that must be there before it is trained."""
        names = (*self.init.values(), *(self.features.of if self.features else ()), self.teacher)
        return tuple(name for name in names if name is not None)

    def views(self, split: str) -> int:
        """How many views of its features are read of a split: all to train, else the first."""
        return self.features.views if self.features is not None and split == "train" else 1

    @property
    def note(self) -> str:
        """What must be said wherever scores of the branch are shown; empty where nothing must."""
        standing_in = self.loss.embedding and self.loss.words == STAND_IN
        notes = ["random stand-ins for word vectors, not GloVe"] if standing_in else []
        if self.learn == "mixed":
            notes.append("has learnt from the validation split, too: its validation scores are of people whom it knows")
        return "; ".join(notes)

    @property
    def kept_epochs(self) -> tuple[int, ...]:
        """As of `Trained`."""
        return () if self.keep is None else tuple(range(self.keep[0], self.keep[1] + 1))

    @model_validator(mode="after")
    def _streams_fit(self) -> "Branch":
        if len(set(self.streams)) != len(self.streams):
            raise ValueError(f"streams names one twice: {', '.join(self.streams)}")
        self.network.fit(self.streams)
        parts = self.network.parts(self.streams)
        for part in self.init:
            if part not in parts:
                raise ValueError(f"init names {self.network.PART} {part}, known are {', '.join(parts)}")
        if self.picture.zoom != 1 and "landmarks" in self.streams:
            raise ValueError(
                f"picture.zoom is {self.picture.zoom:g}, and landmarks lie in the whole face; set zoom: 1, or leave "
                "landmarks out"
            )
        if self.sequence.stride > self.sequence.length:
            raise ValueError(
                f"stride {self.sequence.stride} is larger than length {self.sequence.length}: frames would be skipped"
            )
        return self

    @model_validator(mode="after")
    def _features_fit(self) -> "Branch":
        if (self.features is not None) != bool(OF_FEATURES.intersection(self.streams)):
            raise ValueError(
                "streams and features do not agree: name features in streams and give features, or neither"
            )
        if self.features is not None and self.augment != Augment():
            raise ValueError("augment changes pictures and sounds; a sequence of features is one of features.views")
        if self.sequence.gaps == "split" and not {"features", "face"} & set(self.streams):
            raise ValueError("sequence.gaps: split ends sequences where no face is, and the branch reads none")
        return self

    @model_validator(mode="after")
    def _epochs_fit(self) -> "Branch":
        if self.learn == "mixed" and self.keep is None:
            raise ValueError("learn: mixed leaves nobody to validate on; set keep: the first and last epoch to keep")
        if self.learn == "mixed" and self.postprocess.mean_is_tried:
            raise ValueError(
                "learn: mixed leaves nobody to try windows on; set one window by target in postprocess.mean"
            )
        if self.learn == "mixed" and (self.sets or (self.features and self.features.of)):
            raise ValueError("learn: mixed is for branches without sets and without features.of; set train")
        if self.keep is not None and self.ema:
            raise ValueError("ema keeps the average of one training's parameters, and keep those of epochs; set one")
        if self.keep is not None and not self.keep[0] <= self.keep[1] <= self.epochs:
            raise ValueError(f"keep is {self.keep[0]} to {self.keep[1]}, expected epochs in order, of {self.epochs}")
        return self

    @model_validator(mode="after")
    def _segments_fit(self) -> "Branch":
        if self.carries:
            if self.sequence.stride != self.sequence.length or self.sequence.gaps == "split":
                raise ValueError(
                    "network.carry needs each sequence to begin where the one before ends: set sequence.stride to its "
                    f"length, {self.sequence.length}, and gaps: span; or carry: false"
                )
            if self.sets or self.sampling != "all":
                raise ValueError("network.carry needs the sequences of whole videos; leave out sets and sampling")
        return self

    @model_validator(mode="after")
    def _clips_fit(self) -> "Branch":
        if not self.per_clip:
            if self.sequence.step:
                raise ValueError("sequence.step leaves out frames, of which each is predicted; set 0")
            return self
        assert isinstance(self.network, InteractionTransformer) and self.features is not None
        if self.network.steps != self.sequence.length:
            raise ValueError(
                f"network.steps is {self.network.steps} and sequence.length {self.sequence.length}; they must be the "
                "same: change one"
            )
        if self.features.of or self.sets or self.teacher or self.sampling != "all":
            raise ValueError(
                "a network of whole clips reads features.sets: leave out features.of, sets, teacher, sampling"
            )
        if self.sequence.predicted == "averaged":
            raise ValueError("a clip is one sequence; set sequence.predicted: once")
        return self

    @model_validator(mode="after")
    def _teacher_fits(self) -> "Branch":
        if self.teacher is not None and self.loss.by_set == "no":
            raise ValueError("teacher needs the loss of single frames; set loss.by_set: sum (docs/vu.md), or mean")
        if self.loss.by_set != "no" and (self.loss.coupling is not None or self.loss.embedding):
            raise ValueError("loss.by_set knows neither coupling nor embedding; set it to no, or leave these out")
        return self

    @model_validator(mode="after")
    def _sets_fit(self) -> "Branch":
        if self.sets and self.streams != ("features",) and (not self.sees_single_faces or self.sequence.length != 1):
            raise ValueError(
                f"sets hold single faces or sequences of features, and the branch reads {', '.join(self.streams)} in "
                f"sequences of {self.sequence.length}{' by a recurrent network' if self.network.recurrent else ''}; "
                "set streams: [face], sequence: {length: 1, stride: 1} and a network without recurrent layers"
            )
        for name, source in self.sets.items() if self.streams == ("features",) else ():
            if source.every != 1 or source.thin:
                raise ValueError(f"sets.{name}: every and thin leave out single frames, which sequences cannot do")
        if self.sets and self.sampling != "all":
            raise ValueError("sampling balances the classes of one track in sequences; of sets every face is taken")
        return self
