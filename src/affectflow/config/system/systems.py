"""How a published system is described: its branches, how they are trained, how they are fused."""

from typing import Annotated, Any, get_args

from pydantic import Field, model_validator

from affectflow.config.base import Name, Settings
from affectflow.config.evaluation.fusion import Fusion, Method
from affectflow.config.evaluation.grid import Grid, expanded
from affectflow.config.evaluation.paper_tables import PaperTable
from affectflow.config.evaluation.still_scores import ImageTable, ZeroShot
from affectflow.config.model.backbones import Backbone
from affectflow.config.model.feature_sets import RANDOM, FaceSet, FeatureSet
from affectflow.config.system.branch import Branch
from affectflow.config.system.branch_checks import Placed, check_branch
from affectflow.config.system.edges import check_edges
from affectflow.config.system.few_shot import FewShot
from affectflow.config.training.pretraining import Pretraining
from affectflow.core.compound import compound_track
from affectflow.core.tracks import TrackName, track_of


class TrackSystem(Settings):
    """How a system predicts one track."""

    branches: Annotated[dict[Name, Branch], Field(min_length=1)]
    grids: dict[Name, Grid] = {}
    """Further branches and methods, which differ in the feature sets that they read."""
    fusion: Fusion = Fusion()
    methods: Annotated[dict[str, Method], Field(min_length=1)]
    """Rows of the validation table by name, in the table's order."""
    submit: str
    """Method whose scores are written for the test split."""
    cited: dict[str, dict[str, float]] = {}
    """Results of others that the paper's table of validation scores cites, by method and score."""
    cited_test: dict[str, dict[str, float]] = {}
    """Results of others that the paper's table of test scores cites."""
    folded: tuple[str, ...] = ()
    """Methods whose branches are trained and scored on each of the run's `folds`. When not set, all."""

    @model_validator(mode="before")
    @classmethod
    def _with_grids(cls, values: Any) -> Any:
        return expanded(values) if isinstance(values, dict) and isinstance(values.get("grids"), dict) else values

    @model_validator(mode="after")
    def _names_fit(self) -> "TrackSystem":
        for title, method in self.methods.items():
            if len(set(method.branches)) < len(method.branches):
                raise ValueError(f"method {title!r} names a branch twice: {', '.join(method.branches)}")
            for branch in method.branches:
                if branch not in self.branches:
                    raise ValueError(f"method {title!r} names branch {branch}, known are {', '.join(self.branches)}")
        if unknown := [title for title in self.folded if title not in self.methods]:
            raise ValueError(f"folded names {', '.join(unknown)}, known methods are {', '.join(self.methods)}")
        if self.submit not in self.methods:
            raise ValueError(f"submit is {self.submit!r}, known methods are {', '.join(map(repr, self.methods))}")
        return self

    @property
    def validated(self) -> dict[str, Method]:
        """The methods that have validation scores: whose branches have not learnt from the validation split."""
        train_only = {name for name, branch in self.branches.items() if branch.fit_on == "train"}
        return {
            title: method
            for title, method in self.methods.items()
            if not method.folds and train_only.issuperset(method.branches)
        }

    @property
    def shown(self) -> str:
        """The method that pictures of validation are of: the submitted one where it is validated, else the validated
        one of most branches."""
        largest = max(self.validated, key=lambda title: len(self.validated[title].branches), default=self.submit)
        return self.submit if self.submit in self.validated else largest

    @property
    def in_folds(self) -> dict[str, Method]:
        """The methods that are scored on each of the run's folds."""
        return {title: method for title, method in self.validated.items() if not self.folded or title in self.folded}


class System(Settings):
    """A published method."""

    name: Name
    tracks: Annotated[dict[TrackName, TrackSystem], Field(min_length=1)]
    """Branches, fusion and methods for each track that the system can predict."""
    tables: dict[Name, PaperTable] = {}
    """Tables of the paper, written to `results/<name>.csv` and `.md`."""
    features: dict[Name, FeatureSet] = {}
    """Sets of frozen features, which branches read by name (`features.sets`). Each is extracted once; a set that no
    branch reads is not extracted."""
    pretraining: dict[Name, Pretraining] = {}
    """Encoders that are first trained on still pictures. A branch's `init`, or the `weights` of a set in `features`,
    names them. An encoder that nothing in use names is not trained."""
    scored_images: tuple[Name, ...] = ()
    """Corpora of still pictures, by their names in the run's `images`. On their validation pictures, all branches are
    scored that see single faces and predict what the pictures are annotated with: `results/images.csv`."""
    zero_shot: ZeroShot = ZeroShot()
    """How compound expressions are predicted if `scored_images` are annotated with them."""
    few_shot: dict[Name, FewShot] = {}
    """Branches that are trained further on compound expressions, with the few pictures of a corpus in `scored_images`.
    They are scored like all others."""
    image_tables: dict[Name, ImageTable] = {}
    """Tables of the paper with scores on still pictures, written to `results/<name>.csv` and `.md`."""

    @model_validator(mode="after")
    def _still_scores_fit(self) -> "System":
        branches = {name: branch for system in self.tracks.values() for name, branch in system.branches.items()}
        for name, few_shot in self.few_shot.items():
            if few_shot.start not in branches or not branches[few_shot.start].sees_single_faces:
                raise ValueError(
                    f"few_shot.{name}.start is {few_shot.start}, expected a branch of single faces: "
                    f"{', '.join(n for n, b in branches.items() if b.sees_single_faces) or 'there is none'}"
                )
            if branches[few_shot.start].epoch_ensemble is not None:
                raise ValueError(
                    f"few_shot.{name}.start: {few_shot.start} keeps several epochs; remove its epoch_ensemble"
                )
            if name in branches:
                raise ValueError(f"{name} is a name of few_shot and of a branch; rename one")
            if few_shot.select not in (scores := compound_track(()).scores):
                raise ValueError(f"few_shot.{name}.select is {few_shot.select!r}, expected one of {', '.join(scores)}")
        branch_names = {*branches, *self.few_shot}
        for name, table in self.image_tables.items():
            if name in self.tables:
                raise ValueError(f"{name} is a name of tables and of image_tables; rename one")
            for title, row in table.rows.items():
                if unknown := [branch for branch in row.branches if branch not in branch_names]:
                    raise ValueError(f"image_tables.{name}.rows.{title} names branch {', '.join(unknown)}, unknown")
        return self

    @model_validator(mode="after")
    def _starts_fit(self) -> "System":
        for track, system in self.tracks.items():
            for name, branch in system.branches.items():
                where = f"tracks.{track}.branches.{name}"
                if shared := sorted(set(self.pretraining) & set(system.branches)):
                    raise ValueError(f"{shared[0]} is a name of pretraining and of tracks.{track}.branches; rename one")
                neighbours, learnt_tracks = self.neighbours(track, branch), branch.tracks or (track,)
                for part, weights in branch.init.items():
                    if weights not in neighbours and "/" not in weights:
                        self._check_encoder(where, branch, part, weights)
                check_edges(where, name, learnt_tracks, neighbours)
                sets = branch.features.sets if branch.features else ()
                if unknown := [feature_set for feature_set in sets if feature_set not in self.features]:
                    feature_sets = ", ".join(self.features) or "none"
                    raise ValueError(
                        f"{where}.features.sets names {', '.join(unknown)}; the system's features: {feature_sets}"
                    )
        for name, feature_set in self.features.items():
            if isinstance(feature_set, FaceSet):
                self._check_face_set(f"features.{name}", feature_set)
        return self

    def _check_face_set(self, where: str, face_set: FaceSet) -> None:
        """ValueError where a set of faces is not seen as its pre-training has learnt to."""
        encoder = self.pretraining.get(face_set.weights)
        if encoder is None:
            if face_set.weights != RANDOM and face_set.width != 64:
                raise ValueError(f"{where}: published weights are of width 64, found width {face_set.width}")
            return
        for key in ("backbone", "width", "size", "normalise"):
            if (value := getattr(face_set, key)) != (encoder_value := getattr(encoder, key)):
                raise ValueError(
                    f"{where}.{key} is {value}, and pretraining.{face_set.weights} has learnt with {encoder_value}"
                )

    def neighbours(self, track: TrackName, branch: Branch) -> dict[str, Branch]:
        """The branches that one of `track` can start from, by name: those of the tracks that it learns."""
        return {
            name: neighbour
            for learnt_track in branch.tracks or (track,)
            if learnt_track in self.tracks
            for name, neighbour in self.tracks[learnt_track].branches.items()
        }

    def _check_encoder(self, where: str, branch: Branch, part: str, weights: str) -> None:
        expected = branch.network.backbones(branch.streams).get(part)
        if expected is None:
            raise ValueError(f"{where}.init: {part} can start from another branch alone, found {weights}")
        encoder = self.pretraining.get(weights)
        if encoder is None:
            if expected[1] != 64:
                raise ValueError(
                    f"{where}.init needs the published width 64, found width {expected[1]}: remove one, or name an "
                    f"encoder of pretraining ({', '.join(self.pretraining) or 'which has none'})"
                )
            return
        if encoder.backbone not in get_args(Backbone):
            raise ValueError(
                f"{where}.init: {weights} pre-trains {encoder.backbone}, which lends its features to a set "
                f"(features.<set>.weights: {weights}) and is the CNN of no network: those are "
                f"{' and '.join(get_args(Backbone))}; change pretraining.{weights}.backbone or init"
            )
        actual = encoder.backbone, encoder.width
        if actual != expected:
            raise ValueError(
                f"{where}.init: {weights} pre-trains a {actual[0]} of width {actual[1]}, and {branch.network.PART} "
                f"{part} has a {expected[0]} of width {expected[1]}; change pretraining.{weights}, network or init"
            )

    def _check_table(self, name: str, table: PaperTable) -> None:
        for track, scores in table.scores.items():
            measures = track_of(track).measures
            if unknown := [score for score in scores if score not in measures]:
                raise ValueError(
                    f"tables.{name}.scores.{track} names {', '.join(unknown)}, known are {', '.join(measures)}"
                )
        figure_scores = {score for figures in table.runs.values() for score in figures}
        if unknown := sorted(figure_scores - {score for track in table.tracks for score in track_of(track).measures}):
            raise ValueError(f"tables.{name}.runs names {', '.join(unknown)}, which none of its tracks has as a score")
        rows = [
            row
            for track in table.tracks
            for system in [self.tracks[track]]
            for row in (*system.methods, *system.cited, *system.cited_test)
        ]
        if unknown := [row for row in table.methods if row not in rows]:
            raise ValueError(f"tables.{name}.methods names {', '.join(unknown)}, known are {', '.join(rows)}")

    @model_validator(mode="after")
    def _fits_its_tracks(self) -> "System":
        for name, table in self.tables.items():
            if unknown := [track for track in (*table.tracks, *table.scores) if track not in self.tracks]:
                raise ValueError(f"tables.{name}: {self.name} does not predict {', '.join(unknown)}")
            self._check_table(name, table)
        branches = {track: system.branches for track, system in self.tracks.items()}
        for track, system in self.tracks.items():
            scores = track_of(track).measures
            for name in system.branches:
                check_branch(Placed(branches, track, name))
            figures = [m.paper for m in system.methods.values()] + [m.paper_test for m in system.methods.values()]
            for row_figures in [*figures, *system.cited.values(), *system.cited_test.values()]:
                if wrong := sorted(set(row_figures) - set(scores)):
                    raise ValueError(
                        f"tracks.{track}: figures name {', '.join(wrong)}, known scores {', '.join(scores)}"
                    )
        return self
