# What the rules share: the settings of this run, the files of its corpus, code fingerprints.
# NEEDS  a settings file (config/config.yaml, or --configfile)
# GIVES  RUN, LISTING, SHARDS, the folders' names and short helpers
import json
import re
import shlex
from functools import cache
from pathlib import Path
from types import SimpleNamespace

from affectflow.core import advice
from affectflow.runtime import runs
from affectflow.artifacts import ledger
from affectflow.workflow.jobs import prepare_environment
from affectflow.cli.names import check_names, literal
from affectflow.workflow.options import option_text
from affectflow.config.system.clips import annotates_clips
from affectflow.config.data.corpora import SYNTHETIC
from affectflow.config.evaluation.inference import PAPER
from affectflow.config.system.load import load_run
from affectflow.config.reading import read_overrides
from affectflow.datasets.video.listing import all_videos, notes, without_test
from affectflow.datasets.video.shard import shards
from affectflow.core.errors import InputError
from affectflow.lineage.code import other_packages, package_folder
from affectflow.lineage.outdated import force
from affectflow.lineage.sheet import write_sheet
from affectflow.lineage.start import check_start
from affectflow.preprocessing.media.identity import planned_identity
from affectflow.preflight.starts import check_faces, check_starts, find_corpora
from affectflow.artifacts.layout import artifact_file
from affectflow.dataloading.needs import artifacts_of
from affectflow.core.tasks import names_of
from affectflow.pretrained.weights import present, read_registry

ROOT = Path(workflow.basedir)
try:
    prepare_environment(ROOT)
    GIVEN = [Path(file) for file in workflow.overwrite_configfiles]
    OVERRIDES = read_overrides(workflow.config_settings.config_args)
    advice.given(GIVEN, OVERRIDES)
    RUN = load_run(GIVEN or [ROOT / advice.DEFAULT_SETTINGS], OVERRIDES)
    REGISTRY = read_registry(RUN.weights)
    check_starts(RUN, REGISTRY)
    FFMPEG = planned_identity(RUN.decode.ffmpeg, ledger.FOLDER)
    # Looked for at every start: Snakemake would take faces that are there for new ones where their source is gone.
    LISTINGS, PICTURES = find_corpora(RUN)
    check_names(RUN, LISTINGS.values())
    VIDEOS = all_videos(LISTINGS)
    check_faces(RUN, VIDEOS)
except InputError as error:
    raise WorkflowError(str(error))

runs.mark()
# The first part is Snakemake's own.
shell.prefix("set -euo pipefail; trap 'bash workflow/died.sh $?' EXIT; ")

for note in [*notes(LISTINGS), *RUN.notes]:
    logger.warning(note)
if others := other_packages(ROOT):
    logger.warning(f"packages of other versions than the lock's, with which this runs: {', '.join(others)}")

NAME = RUN.corpus.name
# Relative in a checkout, so that records are the same in all.
PACKAGE = package_folder(Path())
SHARDS = shards(VIDEOS, RUN.videos_per_shard)
WORK = f"work/{NAME}"
LOGS = f"logs/{NAME}"
TIMES = f"{WORK}/benchmarks"
SYSTEM = f"{NAME}/{RUN.system.name}"
MODEL = f"models/{SYSTEM}/{{task}}/{{branch}}/{{fold}}-{{seed}}"
FUSION = f"fusion/{SYSTEM}/{{track}}/{{fold}}-{{seed}}"
OFFICIAL = f"official-{RUN.seed}"
# Tracks by the challenge's number, which names their results.
NUMBERED = {str(RUN.track(name).number): name for name in RUN.used}
# A corpus without labels has nothing to train or score, and no counts to reconcile.
LABELLED = {number: name for number, name in NUMBERED.items() if LISTINGS[name].labels}
# A track without test subjects is trained and validated; `notes` say so.
TESTED = {number: name for number, name in LABELLED.items() if name not in without_test(LISTINGS)}
# Where labels are of utterances, what is scored has a row an utterance (rules/utterances.smk).
PER_UTTERANCE = RUN.per_utterance
GIVEN_LABELS = f"{WORK}/{{track}}/{'utterances/given' if PER_UTTERANCE else 'labels'}.parquet"
FEW_SHOTS = RUN.few_shots
TASKS = {its.task(t) for t in RUN.used for its in RUN.used[t].branches.values()} | {t for t, _ in FEW_SHOTS.values()}
BRANCHES = {name for its in RUN.used.values() for name in its.branches} | set(FEW_SHOTS)
# Whose figures stand in tables of papers: BP4D+ has the layout of BP4D and is another corpus.
KIND = RUN.edition if RUN.corpus.kind == "bp4d" else RUN.corpus.kind
TOLERANCE = getattr(RUN.corpus, "tolerance", 0)


wildcard_constraints:
    # Which shards there are is asked of `videos_of`: naming all in a pattern makes every match as long as the corpus.
    shard="[^/]+",
    track="|".join(RUN.used),
    task="|".join(map(re.escape, sorted(TASKS))),
    number="|".join(NUMBERED),
    branch="|".join(map(re.escape, sorted(BRANCHES))),
    split="train|validation|test",
    without="(-without-(face|body|sound))?",
    fold="official|fold[0-9]+",
    seed="[0-9]+",


@cache
def code(rule, *modules):
    """Fingerprint of the code behind a rule; `modules` are those that it imports by a computed name."""
    return write_sheet(Path("workflow/scripts") / f"{rule}.py", ROOT, modules, ledger.FOLDER).fingerprint


def text(settings, *without):
    """Settings as text that is the same for the same settings; `without` some of their keys."""
    return json.dumps(settings.model_dump(mode="json", exclude=set(without)), sort_keys=True)


def option(values):
    """A list or mapping of the corpus for a script's option: as text, or by a file where it is long."""
    return option_text(values, ledger.FOLDER)


def videos_of(wildcards):
    """The videos of a shard."""
    if wildcards.shard not in SHARDS:
        raise WorkflowError(f"{wildcards.shard}: no shard of corpus {NAME}, which has {len(SHARDS)}; see {WORK}/")
    return SHARDS[wildcards.shard]


def sources(wildcards):
    """Media files and folders of pictures of a shard that lie here; a job fetches those in storage by itself, and knows them by their ETag."""
    return [literal(video.path) for video in videos_of(wildcards) if isinstance(video.path, Path)]


@cache
def _shard_text(videos, subjects, source):
    return option([video.to_json(subjects, source) for video in videos])


def shard_of(wildcards, subjects=True, source=False):
    """What a shard's job handles, as text."""
    return _shard_text(videos_of(wildcards), subjects, source)


def of_shards(stage, suffix):
    """The files of one preprocessing stage."""
    return [f"{WORK}/{stage}/{shard}.{suffix}" for shard in SHARDS]


def learnt(wildcards):
    """The tracks that a job trains on: those that its wildcards name together, or the one that they name; none of
    compound expressions."""
    if wildcards.branch in FEW_SHOTS:
        return []
    return names_of(wildcards.task) if hasattr(wildcards, "task") else [track_name(wildcards)]


def trained(wildcards):
    """The settings of the branch that a job trains or predicts with."""
    if wildcards.branch in FEW_SHOTS:
        return FEW_SHOTS[wildcards.branch][1]
    return RUN.used[learnt(wildcards)[0]].branches[wildcards.branch]


def of_learnt(files, wildcards):
    """What `files` gives for each track that a job trains on, by track."""
    return {t: files(SimpleNamespace(track=t, fold=wildcards.fold)) for t in learnt(wildcards)}


def system(wildcards):
    """How the system predicts a job's track, which its wildcards name or number."""
    return RUN.used[track_name(wildcards)]


def track_name(wildcards):
    """The track that a job's wildcards name or number."""
    return NUMBERED[wildcards.number] if hasattr(wildcards, "number") else wildcards.track


def track_options(wildcards):
    """`--track` and `--edition` of a job."""
    name = track_name(wildcards)
    return f"--track {name} {edition_options(RUN.edition, [name])}"


def edition_options(edition, tracks):
    """What a script is told of annotations and, where it is not the default and action units are scored, how."""
    absent = RUN.scoring.absent_units
    return f"--edition {edition}" + (f" --absent-units {absent}" if "au" in tracks and absent != "zero" else "")


def of_streams(wildcards, *splits):
    """The artifacts that a branch reads to see the subjects of `splits`, each once; in a fold the parts of train and
    validation follow from labels, so that all of both are named."""
    if getattr(wildcards, "fold", "official") != "official" and "test" not in splits:
        splits = ("train", "validation")
    files = (of_artifact(kind, t, *splits) for kind in artifacts_of(trained(wildcards)) for t in learnt(wildcards))
    return list(dict.fromkeys(file for its in files for file in its))


def of_artifact(kind, track, *splits):
    """The artifacts of a kind that hold the subjects of a track's `splits`."""
    its = LISTINGS[track].splits
    return [
        f"{WORK}/{artifact_file(kind, shard)}"
        for shard, videos in SHARDS.items()
        if any(its.get(subject.subject) in splits for video in videos for subject in video.subjects)
    ]


def manifest(wildcards):
    """The manifest whose splits a job sees: the corpus's own, or a fold's."""
    fold = getattr(wildcards, "fold", "official")
    name = "manifest" if fold == "official" else f"folds/{fold}"
    return f"{WORK}/{track_name(wildcards)}/{name}.parquet"


def labels(wildcards):
    """The label table of a job's track."""
    return f"{WORK}/{track_name(wildcards)}/labels.parquet"


def scored_manifest(wildcards):
    """The manifest of what is scored: the same, but for a corpus that is annotated by utterance."""
    return f"{WORK}/{track_name(wildcards)}/utterances/manifest.parquet" if PER_UTTERANCE else manifest(wildcards)


def scored_labels(wildcards):
    """The label table of what is scored, in the same way."""
    return f"{WORK}/{track_name(wildcards)}/utterances/labels.parquet" if PER_UTTERANCE else labels(wildcards)


def label_files(wildcards):
    """The label files of a track by subject, as text."""
    return option({subject: list(map(str, its)) for subject, its in LISTINGS[wildcards.track].labels.items()})


def model(track, branch, file, run=OFFICIAL):
    """A file of a trained branch that predicts a track."""
    return f"models/{SYSTEM}/{RUN.used[track].branches[branch].task(track)}/{branch}/{run}/{file}"


def weights(wildcards):
    """The fusion's weights of a job's track, as the corpus is split, with the first seed."""
    return f"fusion/{SYSTEM}/{track_name(wildcards)}/{OFFICIAL}/weights.json"


def branch_notes(wildcards):
    """What must be said of branches wherever their scores are shown, by branch, as text."""
    track = track_name(wildcards)
    return json.dumps({name: note for name in RUN.used[track].branches if (note := branch_note(track, name))})


def branch_note(track, name):
    """What tables must say of a branch; empty where nothing."""
    laid = RUN.inference.tables.note(RUN.used[track].branches[name].overlappable)
    return "; ".join(note for note in (RUN.note_of(track, name), laid) if note)


def fused_test(wildcards):
    """The fused test scores of a track, which must have somebody to test."""
    if wrong := without_test(LISTINGS).get(track_name(wildcards)):
        raise WorkflowError(f"{wrong}: see docs/corpora.md for what says who is tested")
    return f"fusion/{SYSTEM}/{track_name(wildcards)}/{OFFICIAL}/test.parquet"


def methods(wildcards):
    """The validated methods of a track with the paper's figures, as text."""
    return json.dumps({title: its.model_dump(mode="json") for title, its in system(wildcards).validated.items()})


def official_lists(wildcards):
    """The organisers' files that decide the rows of a track's submission, by option of the script."""
    listing = LISTINGS[track_name(wildcards)]
    found = {"--test-list": listing.test_list, "--sample": listing.sample}
    return {option: path for option, path in found.items() if path}


def check_outputs(workflow):
    """Refuses to build on a file that is not what its job wrote, and forces what Snakemake would leave to be made again;
    returns those outputs."""
    try:
        outdated = check_start(workflow.rules, {"shard": SHARDS})
    except InputError as error:
        raise WorkflowError(str(error))
    except OSError as error:
        raise WorkflowError(f"{error.filename}: {error.strerror}")
    force(workflow, outdated, logger.warning)
    return outdated


def named(files):
    """`--prediction BRANCH=PATH` for each branch."""
    return " ".join(f"--prediction {shlex.quote(f'{branch}={path}')}" for branch, path in files.items())
