"""How a published system is described: its branches, how they are trained, how they are fused."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from affectflow.config.base import Name, Settings
from affectflow.config.fusion import Fusion, Method
from affectflow.config.networks import CnnRnn, NetworkSettings, Stream
from affectflow.config.postprocess import Postprocess
from affectflow.config.pretraining import Pretraining
from affectflow.config.sets import StillSet
from affectflow.config.still_scores import ImageTable, ZeroShot
from affectflow.config.training import STAND_IN, Count, Normalise, Trained
from affectflow.tasks import joint_name, tasks_of
from affectflow.tracks import Edition, TrackName, track_of

Overlap = Literal["leave_out", "keep"]


class Sequence(Settings):
    """How a video is cut into training samples."""

    length: Count = 16
    """Frames of a sequence."""
    stride: Count = 16
    """Frames from the start of one sequence to the next, in training; prediction never overlaps."""


class Picture(Settings):
    """How pictures become tensors."""

    size: Annotated[int, Field(ge=16, le=512)] = 112
    """Side in pixels to which every picture is resized."""
    normalise: Normalise = "imagenet"
    """`imagenet`: mean and deviation of ImageNet; `unit`: [-1, 1] (paper 001)."""
    body: Literal["frame", "crop"] = "frame"
    """What the body stream sees: the whole frame or the person's box (paper 000, section 3.2.3 allows both; its
    public code takes the frame)."""


class MelWindow(Settings):
    """The piece of spectrogram that stands for one frame."""

    seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    """Length of the window, centred at the frame's time. The paper is silent; the public code gives all frames of
    a clip one 10 s window that starts 5 s before the clip."""


class Landmarks(Settings):
    """How the 68 facial landmarks become numbers."""

    normalise: Literal["aligned", "box", "frame"] = "aligned"
    """Where -1 and 1 lie. `aligned`: the sides of the aligned face, so that they say of its shape what the CNN sees of
    it, without the head's place, size and tilt; `box`: the sides of the face's box; `frame`: those of the frame. Paper
    001 is silent."""


def _given(value: Any) -> Any:
    """A mapping without the keys whose value is `null`; empty for `null` itself."""
    if value is None:
        return {}
    return {key: item for key, item in value.items() if item is not None} if isinstance(value, dict) else value


class Branch(Trained):
    """One trained network on one or more streams."""

    streams: Annotated[tuple[Stream, ...], Field(min_length=1)]
    """What the network reads, in the order in which features are joined."""
    network: NetworkSettings = CnnRnn()
    init: Annotated[dict[str, str], BeforeValidator(_given)] = {}
    """Weights by part of the network: by stream of a `cnn_rnn`; by component, `<component>.cnn`, `fusion` or `output`
    of a `multi_rnn`. Each is a name of the system's `pretraining`, of config/weights.yaml, or of another branch of the
    tracks that it learns, which is trained first; or CORPUS/SYSTEM/TRACK/BRANCH, a branch that another run has trained
    in this folder. What is not named starts from random weights; `null`, for all or for one part, clears what an
    extended file names."""
    sequence: Sequence = Sequence()
    picture: Picture = Picture()
    mel: MelWindow = MelWindow()
    landmarks: Landmarks = Landmarks()
    batch: Count = 16
    """Sequences a step; with `sets`, faces that are validated or predicted at once."""
    epochs: Count = 300
    """At most so many passes over the training split."""
    select: str = "total"
    """Validation score that picks the epoch: `total`, or a part of it (`va`: `ccc_valence`, `ccc_arousal`; `expr` and
    `au`: `f1`, `accuracy`)."""
    sampling: Literal["all", "balanced"] = "all"
    """`all`: every sequence once an epoch; `balanced`: as many, drawn with a chance by how rare its annotated classes
    or active units are (`expr`, `au`). Off in paper 000."""
    postprocess: Postprocess = Postprocess()

    tracks: tuple[TrackName, ...] = ()
    """Tracks that one network learns together (paper 001, section VI-A). The branch then stands, the same, in each of
    them; when not given it learns the one in which it stands."""
    overlap: Overlap = "leave_out"
    """A subject that one of the `tracks` trains on and another validates or tests on: `leave_out` trains on none of its
    frames, so that no score is of people whom the network knows; `keep` trains on it with the labels that are for
    training. The paper is silent."""
    sets: dict[Name, StillSet] = {}
    """Sets of single faces that the branch learns from, and validates on, in place of the run's own splits (paper 001,
    section VI-B). Of its track or `tracks`, and of their subjects, all else holds as without."""
    edition: Edition | None = None
    """Whose classes and action units the network predicts, where they are not those of the run's corpus but more: with
    `union17` all that paper 001's corpora annotate. The branch's predictions of a track are those that it asks for."""

    def task(self, track: TrackName) -> str:
        """What the branch learns where it stands in `track`: its name, or those of its `tracks` joined."""
        return joint_name(self.tracks or (track,))

    @property
    def largest_batch(self) -> int:
        """Samples of a step at most: of sets, one batch of each."""
        return sum(its.batch for its in self.sets.values()) or self.batch

    @property
    def sees_single_faces(self) -> bool:
        """Whether it reads nothing but a face, each by itself."""
        return self.streams == ("face",) and not self.network.recurrent

    @property
    def note(self) -> str:
        """What must be said wherever scores of the branch are shown; empty where nothing must."""
        standing_in = self.loss.embedding and self.loss.words == STAND_IN
        return "random stand-ins for word vectors, not GloVe" if standing_in else ""

    @model_validator(mode="after")
    def _streams_fit(self) -> "Branch":
        if len(set(self.streams)) != len(self.streams):
            raise ValueError(f"streams names one twice: {', '.join(self.streams)}")
        self.network.fit(self.streams)
        parts = self.network.parts(self.streams)
        for part in self.init:
            if part not in parts:
                raise ValueError(f"init names {self.network.PART} {part}, known are {', '.join(parts)}")
        if self.sequence.stride > self.sequence.length:
            raise ValueError(
                f"stride {self.sequence.stride} is larger than length {self.sequence.length}: frames would be skipped"
            )
        return self

    @model_validator(mode="after")
    def _sets_fit(self) -> "Branch":
        if self.sets and (not self.sees_single_faces or self.sequence.length != 1):
            raise ValueError(
                f"sets hold single faces, and the branch reads {', '.join(self.streams)} in sequences of "
                f"{self.sequence.length}{' by a recurrent network' if self.network.recurrent else ''}; set streams: "
                "[face], sequence: {length: 1, stride: 1} and a network without recurrent layers"
            )
        if self.sets and self.sampling != "all":
            raise ValueError("sampling balances the classes of one track in sequences; of sets every face is taken")
        return self


class TrackSystem(Settings):
    """How a system predicts one track."""

    branches: Annotated[dict[Name, Branch], Field(min_length=1)]
    fusion: Fusion = Fusion()
    methods: Annotated[dict[str, Method], Field(min_length=1)]
    """Rows of the validation table, by name, in its order."""
    submit: str
    """The method whose scores are written for the test split."""
    cited: dict[str, dict[str, float]] = {}
    """Figures of others that the paper's table of validation scores cites, by method and score."""
    cited_test: dict[str, dict[str, float]] = {}
    """The same of its table of test scores."""

    @model_validator(mode="after")
    def _names_fit(self) -> "TrackSystem":
        for title, method in self.methods.items():
            if len(set(method.branches)) < len(method.branches):
                raise ValueError(f"method {title!r} names a branch twice: {', '.join(method.branches)}")
            for branch in method.branches:
                if branch not in self.branches:
                    raise ValueError(f"method {title!r} names branch {branch}, known are {', '.join(self.branches)}")
        if self.submit not in self.methods:
            raise ValueError(f"submit is {self.submit!r}, known methods are {', '.join(map(repr, self.methods))}")
        return self


PaperCorpus = Literal["affwild2", "affwild", "omg", "afewva", "disfa", "bp4d"]


class PaperTable(Settings):
    """A table of the paper: its rows with our figures beside."""

    title: str
    """As in the paper."""
    split: Literal["validation", "test"]
    """What is scored."""
    corpus: PaperCorpus = "affwild2"
    """Kind of the corpus that the paper's figures are of."""
    tracks: Annotated[tuple[TrackName, ...], Field(min_length=1)]
    """Tracks of its columns."""
    scores: dict[TrackName, tuple[str, ...]] = {}
    """Scores and errors that are its columns, by track; the challenge's scores where none are given."""
    methods: tuple[str, ...] = ()
    """Its rows, by the names of methods and of those that are cited; all when not given."""
    note: str = ""
    """What a reader must know."""


def _check_no_circle(where: str, name: str, branches: Mapping[str, Branch]) -> None:
    """ValueError where a branch would start from itself, by way of others."""
    before, next_ones = {name}, [name]
    while next_ones:
        starts = {weights for its in next_ones for weights in branches[its].init.values() if weights in branches}
        if name in starts:
            raise ValueError(f"{where}.init: the branch starts from itself, by way of {', '.join(sorted(before))}")
        next_ones = sorted(starts - before)
        before |= starts


_TERMS: dict[TrackName, tuple[str, ...]] = {
    "va": ("mse", "ccc"),
    "expr": ("cross_entropy", "embedding"),
    "au": ("bce",),
}


class System(Settings):
    """A published method."""

    name: Name
    tracks: Annotated[dict[TrackName, TrackSystem], Field(min_length=1)]
    """How it predicts each track that it can."""
    tables: dict[Name, PaperTable] = {}
    """Tables of the paper, made as `results/<name>.csv` and `.md`."""
    pretraining: dict[Name, Pretraining] = {}
    """Encoders that are trained on still pictures first; a branch's `init` names them. One that no branch names is not
    trained."""
    scored_images: tuple[Name, ...] = ()
    """Corpora of still pictures, names of the run's `images`, on whose validation pictures those branches are scored
    that see single faces and predict what the pictures are annotated with: `results/images.csv`."""
    zero_shot: ZeroShot = ZeroShot()
    """How compound expressions are told where `scored_images` are annotated with them."""
    image_tables: dict[Name, ImageTable] = {}
    """Tables of the paper with scores on still pictures, made as `results/<name>.csv` and `.md`."""

    @model_validator(mode="after")
    def _image_tables_fit(self) -> "System":
        known = {name for its in self.tracks.values() for name in its.branches}
        for name, table in self.image_tables.items():
            if name in self.tables:
                raise ValueError(f"{name} is a name of tables and of image_tables; rename one")
            for title, row in table.rows.items():
                if unknown := [branch for branch in row.branches if branch not in known]:
                    raise ValueError(f"image_tables.{name}.rows.{title} names branch {', '.join(unknown)}, unknown")
        return self

    @model_validator(mode="after")
    def _starts_fit(self) -> "System":
        for track, system in self.tracks.items():
            for name, branch in system.branches.items():
                where = f"tracks.{track}.branches.{name}"
                if both := sorted(set(self.pretraining) & set(system.branches)):
                    raise ValueError(f"{both[0]} is a name of pretraining and of tracks.{track}.branches; rename one")
                others = self.neighbours(track, branch)
                for part, weights in branch.init.items():
                    if weights not in others and "/" not in weights:
                        self._check_encoder(where, branch, part, weights)
                _check_no_circle(where, name, others)
        return self

    def neighbours(self, track: TrackName, branch: Branch) -> dict[str, Branch]:
        """The branches that one of `track` can start from, by name: those of the tracks that it learns."""
        return {
            name: its
            for other in branch.tracks or (track,)
            if other in self.tracks
            for name, its in self.tracks[other].branches.items()
        }

    def _check_encoder(self, where: str, branch: Branch, part: str, weights: str) -> None:
        wanted = branch.network.backbones(branch.streams).get(part)
        if wanted is None:
            raise ValueError(f"{where}.init: {part} can start from another branch alone, found {weights}")
        encoder = self.pretraining.get(weights)
        if encoder is None:
            if wanted[1] != 64:
                raise ValueError(
                    f"{where}.init needs the published width 64, found width {wanted[1]}: remove one, or name an "
                    f"encoder of pretraining ({', '.join(self.pretraining) or 'which has none'})"
                )
            return
        its = encoder.backbone, encoder.width
        if its != wanted:
            raise ValueError(
                f"{where}.init: {weights} pre-trains a {its[0]} of width {its[1]}, and {branch.network.PART} "
                f"{part} has a {wanted[0]} of width {wanted[1]}; change pretraining.{weights}, network or init"
            )

    def _check_branch(self, track: TrackName, name: str, branch: Branch) -> None:
        where = f"tracks.{track}.branches.{name}"
        learnt = branch.tracks or (track,)
        if track not in learnt or len(set(learnt)) < len(learnt):
            raise ValueError(f"{where}.tracks is {', '.join(learnt)}; expected {track} among them, and each once")
        for other in learnt:
            if other not in self.tracks or self.tracks[other].branches.get(name) != branch:
                raise ValueError(f"{where} learns {other}, too: give tracks.{other}.branches.{name} the same settings")
        for title, its in branch.sets.items():
            if strange := [name for name in its.tracks if name not in learnt]:
                raise ValueError(f"{where}.sets.{title}.tracks names {', '.join(strange)}, which the branch learns not")
        if branch.sets and (bare := [n for n in learnt if not any(n in its.tracks for its in branch.sets.values())]):
            raise ValueError(f"{where}.sets: none is annotated with {', '.join(bare)}, which the branch learns")
        if branch.loss.coupling is not None and not {"expr", "au"} <= set(learnt):
            raise ValueError(
                f"{where}.loss.coupling couples expr and au; the branch learns {', '.join(learnt)}: name both in tracks"
            )
        scores = tasks_of(branch.task(track), "abaw2").scores
        if branch.select not in scores:
            raise ValueError(f"{where}.select is {branch.select!r}, expected one of {', '.join(scores)}")
        if not any(getattr(branch.loss, term) for term in _TERMS[track]):
            raise ValueError(
                f"{where}.loss: {' and '.join(_TERMS[track])} leave nothing to learn from; set one above 0"
            )
        if "expr" not in learnt and branch.loss.embedding:
            raise ValueError(f"{where}.loss.embedding is for track expr alone: classes have words, {track} none")
        if learnt == ("va",) and (branch.loss.class_weights, branch.sampling) != ("none", "all"):
            raise ValueError(f"{where}: class_weights and sampling balance classes; track va has none")
        if branch.sampling != "all" and learnt not in (("expr",), ("au",)):
            raise ValueError(f"{where}.sampling balances the classes of one track; {branch.task(track)} are several")

    def _check_table(self, name: str, table: PaperTable) -> None:
        for track, scores in table.scores.items():
            known = track_of(track).measures
            if unknown := [score for score in scores if score not in known]:
                raise ValueError(
                    f"tables.{name}.scores.{track} names {', '.join(unknown)}, known are {', '.join(known)}"
                )
        rows = [
            row
            for track in table.tracks
            for its in [self.tracks[track]]
            for row in (*its.methods, *its.cited, *its.cited_test)
        ]
        if unknown := [row for row in table.methods if row not in rows]:
            raise ValueError(f"tables.{name}.methods names {', '.join(unknown)}, known are {', '.join(rows)}")

    @model_validator(mode="after")
    def _fits_its_tracks(self) -> "System":
        for name, table in self.tables.items():
            if unknown := [track for track in (*table.tracks, *table.scores) if track not in self.tracks]:
                raise ValueError(f"tables.{name}: {self.name} does not predict {', '.join(unknown)}")
            self._check_table(name, table)
        for track, system in self.tracks.items():
            scores = track_of(track).measures
            for name, branch in system.branches.items():
                self._check_branch(track, name, branch)
            figures = [m.paper for m in system.methods.values()] + [m.paper_test for m in system.methods.values()]
            for given in [*figures, *system.cited.values(), *system.cited_test.values()]:
                if wrong := sorted(set(given) - set(scores)):
                    raise ValueError(
                        f"tracks.{track}: figures name {', '.join(wrong)}, known scores {', '.join(scores)}"
                    )
        return self
