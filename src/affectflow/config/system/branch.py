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
from affectflow.config.training.sources import TrainingSource
from affectflow.config.training.trained import RANDOM_INIT, Augment, Trained
from affectflow.core.tasks import joint_name
from affectflow.core.tracks import Edition, TrackName

CrossSplitSubjects = Literal["leave_out", "keep"]


def _drop_nulls(value: Any) -> Any:
    """A mapping without the keys whose value is `null`; empty for `null` itself."""
    if value is None:
        return {}
    return {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value


class Branch(Trained):
    """One trained network on one or more streams."""

    streams: Annotated[tuple[Stream, ...], Field(min_length=1)]
    """Inputs of the network, in the order in which their features are concatenated."""
    network: NetworkSettings = CnnRnn()
    init: Annotated[dict[str, str], BeforeValidator(_drop_nulls)] = {}
    """Weights by part of the network: by stream for a `cnn_rnn`; by component, `<component>.cnn`, `fusion` or `output`
    for a `multi_rnn`. A value is a name in the system's `pretraining`; a name in config/weights.yaml; another branch of
    the tracks that the branch learns, which is trained first; or CORPUS/SYSTEM/TRACK/BRANCH, a branch that another run
    has trained in this folder. Parts that are not named start from random weights. `null`, for all or for one part,
    removes what an extended file names."""
    features: Features | None = None
    """Sources of the feature streams."""
    teacher: Name | None = None
    """A branch of the tracks that the branch learns. It is trained first and reads the same streams; its predictions
    are learnt beside the annotations, as set in `loss.distillation` (Vu and Beurton-Aimar)."""
    sequence: Sequence = Sequence()
    picture: Picture = Picture()
    mel: MelWindow = MelWindow()
    landmarks: Landmarks = Landmarks()
    batch: Count = 16
    """Sequences in a training step; with `sources`, the number of faces validated or predicted at once."""
    epochs: Count = 300
    """Largest number of passes over the training split."""
    fit_on: Literal["train", "train_and_validation"] = "train"
    """Subjects that the branch learns from: the training split, or the training and validation splits (Meng et al.,
    section 4.6). A branch that has learnt from both has no validation score: methods that contain it are scored on the
    test split only."""
    epoch_ensemble: tuple[Count, Count] | None = None
    """First and last epoch of an ensemble: the network is saved after each of these epochs, and predictions are
    averaged (Meng et al., section 4.6: 11 to 16 for valence, 16 to 25 for arousal). When not set, the best epoch by
    `select` is used."""
    select: str = "total"
    """Validation score that chooses the epoch: `total`, or a part of it (`va`: `ccc_valence`, `ccc_arousal`; `expr` and
    `au`: `f1`, `accuracy`)."""
    sampling: Literal["all", "balanced"] = "all"
    """`all`: every sequence once per epoch; `balanced`: the same number, drawn with a probability that depends on how
    rare the annotated classes or active units are (`expr`, `au`). Off in Antoniadis et al."""
    postprocess: Postprocess = Postprocess()

    bins: Bins | None = None
    """Valence and arousal as probabilities of bins, whose expectation is predicted (Vu and Beurton-Aimar). When not
    set, two numbers are predicted."""
    tracks: tuple[TrackName, ...] = ()
    """Tracks that one network learns together (Kollias and Zafeiriou, section VI-A). The same branch then appears in
    each of these tracks. When not set, it learns the track in which it appears."""
    cross_split_subjects: CrossSplitSubjects = "leave_out"
    """What happens to a subject that is in the training split of one of the `tracks` and in the validation or test
    split of another. `leave_out`: none of its frames are used for training, so that no score is for people whom the
    network knows. `keep`: it is trained on with its training labels. The paper is silent."""
    sources: dict[Name, TrainingSource] = {}
    """Training sources of single faces that the branch learns from and validates on, instead of the run's own splits
    (Kollias and Zafeiriou, section VI-B; docs/holistic.md). `cross_split_subjects` applies to each video corpus among
    their members."""
    edition: Edition | None = None
    """Edition whose classes and action units the network predicts, if it predicts more than those of the run's corpus;
    `union17` has all that the corpora of Kollias and Zafeiriou annotate. The branch's predictions for a track are those
    that the track needs."""

    def task(self, track: TrackName) -> str:
        """What the branch learns where it stands in `track`: its name, or those of its `tracks` joined."""
        return joint_name(self.tracks or (track,))

    @property
    def largest_batch(self) -> int:
        """Samples of a step at most: of training sources, one batch of each."""
        return sum(source.batch for source in self.sources.values()) or self.batch

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

    def augmented_copies(self, split: str) -> int:
        """How many augmented copies of its features are read of a split: all to train, else the first."""
        return self.features.augmented_copies if self.features is not None and split == "train" else 1

    @property
    def note(self) -> str:
        """What must be said wherever scores of the branch are shown; empty where nothing must."""
        random_words = self.loss.embedding and self.loss.word_embeddings == RANDOM_INIT
        notes = ["random_init word embeddings, not GloVe"] if random_words else []
        if self.fit_on == "train_and_validation":
            notes.append("has learnt from the validation split, too: its validation scores are of people whom it knows")
        return "; ".join(notes)

    @property
    def ensemble_epochs(self) -> tuple[int, ...]:
        """As of `Trained`."""
        return () if self.epoch_ensemble is None else tuple(range(self.epoch_ensemble[0], self.epoch_ensemble[1] + 1))

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
            raise ValueError(
                "augment changes pictures and sounds; a sequence of features is one of features.augmented_copies"
            )
        if self.sequence.missing_faces == "split" and not {"features", "face"} & set(self.streams):
            raise ValueError("sequence.missing_faces: split ends sequences where no face is, and the branch reads none")
        return self

    @model_validator(mode="after")
    def _epochs_fit(self) -> "Branch":
        if self.fit_on == "train_and_validation" and self.epoch_ensemble is None:
            raise ValueError(
                "fit_on: train_and_validation leaves nobody to validate on; set epoch_ensemble: its first and last "
                "epoch"
            )
        if self.fit_on == "train_and_validation" and self.postprocess.mean_is_tried:
            raise ValueError(
                "fit_on: train_and_validation leaves nobody to try windows on; set one window by target in "
                "postprocess.mean"
            )
        if self.fit_on == "train_and_validation" and (self.sources or (self.features and self.features.of)):
            raise ValueError(
                "fit_on: train_and_validation is for branches without sources and without features.of; set train"
            )
        if self.epoch_ensemble is not None and self.ema:
            raise ValueError(
                "ema keeps the average of one training's parameters, and epoch_ensemble averages predictions of "
                "epochs; set one"
            )
        if self.epoch_ensemble is not None and not self.epoch_ensemble[0] <= self.epoch_ensemble[1] <= self.epochs:
            raise ValueError(
                f"epoch_ensemble is {self.epoch_ensemble[0]} to {self.epoch_ensemble[1]}, expected epochs in order, "
                f"of {self.epochs}"
            )
        return self

    @model_validator(mode="after")
    def _segments_fit(self) -> "Branch":
        if self.carries:
            if self.sequence.stride != self.sequence.length or self.sequence.missing_faces == "split":
                raise ValueError(
                    "network.carry needs each sequence to begin where the one before ends: set sequence.stride to its "
                    f"length, {self.sequence.length}, and missing_faces: keep; or carry: false"
                )
            if self.sources or self.sampling != "all":
                raise ValueError("network.carry needs the sequences of whole videos; leave out sources and sampling")
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
        if self.features.of or self.sources or self.teacher or self.sampling != "all":
            raise ValueError(
                "a network of whole clips reads features.sets: leave out features.of, sources, teacher, sampling"
            )
        if self.sequence.predicted == "averaged":
            raise ValueError("a clip is one sequence; set sequence.predicted: once")
        return self

    @model_validator(mode="after")
    def _teacher_fits(self) -> "Branch":
        if self.teacher is not None and self.loss.by_source == "no":
            raise ValueError("teacher needs the loss of single frames; set loss.by_source: sum (docs/vu.md), or mean")
        if self.loss.by_source != "no" and (self.loss.coupling is not None or self.loss.embedding):
            raise ValueError("loss.by_source knows neither coupling nor embedding; set it to no, or leave these out")
        return self

    @model_validator(mode="after")
    def _sources_fit(self) -> "Branch":
        if self.sources and self.streams != ("features",) and (not self.sees_single_faces or self.sequence.length != 1):
            raise ValueError(
                f"sources hold single faces or sequences of features, and the branch reads "
                f"{', '.join(self.streams)} in "
                f"sequences of {self.sequence.length}{' by a recurrent network' if self.network.recurrent else ''}; "
                "set streams: [face], sequence: {length: 1, stride: 1} and a network without recurrent layers"
            )
        for name, source in self.sources.items() if self.streams == ("features",) else ():
            if source.every != 1 or source.class_subsampling:
                raise ValueError(
                    f"sources.{name}: every and class_subsampling leave out single frames, which sequences cannot do"
                )
        if self.sources and self.sampling != "all":
            raise ValueError("sampling balances the classes of one track in sequences; of sources every face is taken")
        return self
