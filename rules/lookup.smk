# What single rules look up, beside what common.smk holds for all.
# NEEDS  common.smk; TABLES, HELD_OUT of the rules' own files
# GIVES  functions of a job's wildcards
from types import SimpleNamespace

from affectflow.config.model.feature_sets import RANDOM
from affectflow.config.evaluation.fusion import member_of
from affectflow.lineage.chain import Chain
from affectflow.report.leaderboard.board import stale
from affectflow.artifacts.layout import STANDINGS, Layout, feature_files
from affectflow.preflight.starts import model_of

# What a stream looks at, by what can be absent.
SENSES = {"face": {"face", "landmarks"}, "body": {"body", "context"}, "sound": {"mel"}}


def senses(branch):
    """What can be absent of what a branch looks at, itself or by the features that it reads."""
    found = {sense for sense, streams in SENSES.items() if streams & set(branch.streams)}
    if branch.features:
        found |= {"face"} if branch.features.of else set()
        found |= {RUN.feature_sets[name].sense for name in branch.features.sets}
    return found


def conditions(wildcards):
    """Validation predictions by branch, as recorded and without each sense; a branch that lacks it anyway is as
    recorded."""
    found = {"as recorded": predictions(wildcards, "validation")}
    for sense in SENSES:
        absent = predictions(wildcards, f"validation-without-{sense}")
        touched = {b for b, its in system(wildcards).branches.items() if sense in senses(its)}
        found[f"without {sense}"] = {b: absent[b] if b in touched else path for b, path in found["as recorded"].items()}
    return found


def manifest_of_frames(wildcards):
    """The manifest of a track whose scores are of frames; none of others, which no single frame speaks for."""
    return [] if PER_UTTERANCE or RUN.track(track_name(wildcards)).per_clip else [manifest(wildcards)]


def runs_of(wildcards):
    """Fusion weights by run: of every seed, or of every fold."""
    track = track_name(wildcards)
    seeds = {str(seed): f"official-{seed}" for seed in RUN.training_seeds}
    folds = {f"fold{part}": f"fold{part}-{RUN.seed}" for part in range(1, RUN.folds + 1)}
    runs = seeds if wildcards.kind == "seeds" else folds
    return {name: f"fusion/{SYSTEM}/{track}/{run}/weights.json" for name, run in runs.items()}


def table_scores(wildcards):
    """Our figures for a table of the paper, by track."""
    table = TABLES[wildcards.table]
    if table.split == "test":
        kind, numbered = "demo_test_score", HELD_OUT
    else:
        kind, numbered = "intervals" if table.over == "subjects" else table.over, LABELLED
    return {track: f"results/{kind}_track{number}.json" for number, track in numbered.items() if track in table.tracks}


def table_validation(wildcards):
    """Our figures on the validation split that stand beside a paper's of a test split, whose labels are withheld, by
    track."""
    table = TABLES[wildcards.table]
    asked = {number: track for number, track in LABELLED.items() if track in table.tracks and table.split == "test"}
    return {track: f"results/intervals_track{number}.json" for number, track in asked.items()}


def table_systems(wildcards):
    """Methods, figures of others and notes for a table of the paper, by track."""
    table = TABLES[wildcards.table]
    used = {track: RUN.used[track] for track in table.tracks if track in RUN.used}
    of = {track: its.validated if table.split == "validation" else its.methods for track, its in used.items()}
    return {
        track: {
            "methods": {title: method.model_dump(mode="json") for title, method in of[track].items()},
            "cited": its.cited if table.split == "validation" else its.cited_test,
            "notes": {name: note for name in its.branches if (note := branch_note(track, name))},
        }
        for track, its in used.items()
    }


def curves(wildcards):
    """The scores by epoch of every branch of a track that is scored on validation, by branch."""
    track = track_name(wildcards)
    return {branch: model(track, branch, "metrics.csv") for branch in validated_branches(wildcards)}


def trainings(wildcards):
    """What each training of a track noted of its run, by branch."""
    track = track_name(wildcards)
    return {branch: model(track, branch, "run.json") for branch in RUN.used[track].branches}


def described(wildcards):
    """What is known of each trained branch of a track that is scored on validation, by branch."""
    track = track_name(wildcards)
    return {branch: model(track, branch, "branch.json") for branch in validated_branches(wildcards)}


def own_standings():
    """How this run's system stands on each track that has labels: made by this run."""
    return [Layout(NAME, RUN.system.name).standing(track) for track in LABELLED.values()]


def every_standing():
    """These, and those that other runs have left in this folder, in one order whatever runs."""
    found = {path.as_posix() for path in Path(STANDINGS).glob("*/*/*.json") if not path.name.endswith(".record.json")}
    return [literal(path) for path in sorted(found.union(own_standings()))]


def stale_standings():
    """Standings that tell of files which are gone or other ones now, with the first of these, as text. Of its own files
    this run may be about to make others: of these only what is gone counts."""
    chain, own = Chain(), own_standings()
    changes = {path: stale(chain, path) for path in every_standing() if Path(path).exists()}
    return json.dumps({path: str(its) for path, its in changes.items() if its and (its.gone or path not in own)})


def faces_of(wildcards, split):
    """The stored faces of a split of the image corpora that a pre-training learns from, by corpus."""
    corpora = RUN.pretrained[wildcards.pretraining].corpora
    return {images: f"work/images/{images}/{split}.arrow" for images in corpora}


def weight_files(*names):
    """The files of published weights and word vectors, which must be there."""
    try:
        return [literal(present(name, REGISTRY, RUN.weights_dir)) for name in names]
    except InputError as error:
        raise WorkflowError(str(error))


def weights_read(wildcards):
    """Those that a set of features is extracted with; none where it needs none, or has a model that is trained here."""
    name = RUN.feature_sets[wildcards.set].published
    return weight_files(*({name} - {None, RANDOM, *RUN.pretrained}))


def encoder_of(wildcards):
    """The pre-trained model whose features a set has; none where its weights are published or random."""
    name = RUN.feature_sets[wildcards.set].weights
    return [f"models/images/{RUN.system.name}/{name}/{RUN.seed}/model.safetensors"] if name in RUN.pretrained else []


def of_tracks(files):
    """What `files` gives for the wildcards of each labelled track, by the track's name."""
    return {track: files(SimpleNamespace(track=track)) for track in LABELLED.values()}


def of_branches():
    """The artifacts that trainings and predictions of all labelled tracks read, each once."""
    found = []
    for track in LABELLED.values():
        for branch in RUN.used[track].branches:
            its = SimpleNamespace(track=track, branch=branch)
            scored = tested(its) if track in HELD_OUT.values() else submitted(its)
            tests = ["test"] if branch in {member_of(member)[0] for member in scored} else []
            found += of_streams(its, "train", "validation", *tests)
    return list(dict.fromkeys(found))


def shown_predictions():
    """Validation predictions of every scored branch of every labelled track, by track and branch."""
    by_track = of_tracks(lambda w: predictions(w, "validation"))
    return {f"{track}/{branch}": path for track, its in by_track.items() for branch, path in its.items()}


def submitted_models(tracks=LABELLED.values()):
    """The models of the submitted methods' members."""
    members = [(t, *member_of(name)) for t in tracks for name in submitted(SimpleNamespace(track=t))]
    return [model(t, b, "model.safetensors", f"{fold or 'official'}-{RUN.seed}") for t, b, fold in members]


def warn_of_gone_models():
    """Says which models are not here though what was made with them is, as in a clone without them: nothing that is here
    needs them. Those that were made here are made again by themselves."""
    fused = [track for track in LABELLED.values() if Path(weights(SimpleNamespace(track=track))).exists()]
    if gone := [path for path in submitted_models(fused) if not (Path(path).exists() or path in OUTDATED)]:
        logger.warning(
            f"{', '.join(gone)}: not here. Results that are need no model and do not have it made; `affectflow predict` "
            f"needs it. It is made by: {advice.snakemake(gone)}"
        )


def held_out_labels(wildcards):
    """The files of held-out test labels of a job's track: one a subject, or one table of clips."""
    track = HELD_OUT[wildcards.number]
    its = LISTINGS[track]
    names = ["labels.csv"] if RUN.track(track).per_clip else [f"{subject}.txt" for subject in its.subjects("test")]
    return [literal(f"{its.held_out}/{name}") for name in names]


def options(name, values):
    """`--<name> KEY=VALUE` for each entry."""
    return " ".join(f"--{name} {shlex.quote(f'{key}={value}')}" for key, value in values.items())


def of_run(wildcards):
    """The wildcards of a branch's training, of those of its predictions."""
    task = RUN.used[wildcards.track].branches[wildcards.branch].task(wildcards.track)
    return SimpleNamespace(task=task, branch=wildcards.branch, fold=wildcards.fold, seed=wildcards.seed)


def feature_folders(wildcards):
    """Folder of the frozen features of each branch that a branch reads, by its name: of the same fold and seed."""
    own = {name: track for track in learnt(wildcards) for name in RUN.used[track].branches}
    found = {}
    for name in its.of if (its := trained(wildcards).features) else ():
        task = RUN.used[own[name]].branches[name].task(own[name])
        found[name] = Path(FEATURES.format(task=task, branch=name, fold=wildcards.fold, seed=wildcards.seed))
    return found


def features_read(wildcards, *splits, stills=True):
    """The files of frozen features that a branch reads of `splits`: of the run's corpus, and of its sets' pictures."""
    its, folders, found = trained(wildcards), feature_folders(wildcards), []
    for split in splits if its.features else ():
        images = sorted({name for one in its.sets.values() for name in one.members(split)[0]}) if stills else []
        found += feature_files(folders, split, its.views(split), images)
    return list(map(str, found))


def read_features():
    """All features that branches of labelled tracks read, each file once."""

    def tests(w):
        return ["test"] if set(learnt(w)) & set(TESTED.values()) else []

    runs = [(t, b) for t in LABELLED.values() for b in RUN.used[t].branches]
    each = (of_run(SimpleNamespace(track=t, branch=b, fold="official", seed=RUN.seed)) for t, b in runs)
    found = [
        path
        for w in each
        for path in (*features_read(w, "train", "validation"), *features_read(w, *tests(w), stills=False))
    ]
    return list(dict.fromkeys(found))


def networks(wildcards):
    """The modules of the networks that a training builds: the branch's own, and its teacher's."""
    its = trained(wildcards)
    own = RUN.used[learnt(wildcards)[0]].branches if its.teacher else {}
    names = [its.network.name, *([own[its.teacher].network.name] if its.teacher else [])]
    return list(dict.fromkeys(map(network_module, names)))


def teacher(wildcards):
    """The folder of the branch that teaches another one: of the same fold and seed; none of most."""
    name = trained(wildcards).teacher
    run = f"{wildcards.fold}-{wildcards.seed}"
    return [str(Path(model(learnt(wildcards)[0], name, "branch.json", run)).parent)] if name else []


def starts(wildcards):
    """The models that a branch starts from, by the name that its `init` gives: of branches of the same fold and seed; of
    pre-trainings and other runs those of the first seed, as with published weights."""
    own = {name: track for track in learnt(wildcards) for name in RUN.used[track].branches}
    found = {}
    for name in sorted(set(trained(wildcards).init.values())):
        if name in own:
            found[name] = model(own[name], name, "model.safetensors", f"{wildcards.fold}-{wildcards.seed}")
        elif name in RUN.pretrained:
            found[name] = f"models/images/{RUN.system.name}/{name}/{RUN.seed}/model.safetensors"
        elif "/" in name:
            found[name] = literal(model_of(name, RUN.seed))
    return found


def official_faces(wildcards):
    """Folders of the organisers' aligned faces of a shard."""
    folder = RUN.corpus.root / RUN.corpus.cropped_aligned
    return [literal(folder / s.subject) for video in videos_of(wildcards) for s in video.subjects]


def openpose_folders(wildcards):
    """Folders of the joints that the OpenPose program wrote for a shard."""
    # Imported here: most starts end without it.
    from affectflow.preprocessing.body.openpose_json import json_folder

    try:
        return [literal(json_folder(Path(RUN.body.openpose_json), video)) for video in videos_of(wildcards)]
    except InputError as error:
        raise WorkflowError(str(error))
