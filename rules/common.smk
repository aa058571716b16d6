# What the rules share: the settings of this run, the files of its corpus, code fingerprints.
# NEEDS  a settings file (config/config.yaml, or --configfile)
# GIVES  RUN, LISTING, SHARDS, the folders' names and short helpers
import json
import re
import shlex
from pathlib import Path

from affectflow import runs
from affectflow.artifacts import ledger
from affectflow.body.openpose_json import json_folder
from affectflow.cli.jobs import prepare_environment
from affectflow.cli.options import option_text
from affectflow.config.load import load_run
from affectflow.corpus.catalogue import list_corpus
from affectflow.corpus.shard import shards
from affectflow.errors import InputError
from affectflow.lineage.sheet import write_sheet
from affectflow.lineage.start import check_start
from affectflow.streams.needs import artifact_file, artifacts_of

ROOT = Path(workflow.basedir)
try:
    prepare_environment(ROOT)
    RUN = load_run(
        [Path(file) for file in workflow.overwrite_configfiles] or [ROOT / "config" / "config.yaml"],
        workflow.config_settings.config,
    )
    LISTING = list_corpus(RUN.corpus, RUN.system.track)
except InputError as error:
    raise WorkflowError(str(error))

runs.mark()
# The first part is Snakemake's own.
shell.prefix("set -euo pipefail; trap 'bash workflow/died.sh $?' EXIT; ")

for note in LISTING.notes():
    logger.warning(note)

NAME = RUN.corpus.name
SHARDS = shards(LISTING.videos, RUN.videos_per_shard)
WORK = f"work/{NAME}"
LOGS = f"logs/{NAME}"
TIMES = f"{WORK}/benchmarks"
SYSTEM = f"{NAME}/{RUN.system.name}/{RUN.system.track}"
TRACK = {"va": 1}[RUN.system.track]
# A corpus without labels has no counts to reconcile.
TOLERANCE = getattr(RUN.corpus, "tolerance", 0)
SUBMITTED = RUN.system.methods[RUN.system.submit].branches


wildcard_constraints:
    shard="|".join(map(re.escape, SHARDS)),
    branch="|".join(map(re.escape, RUN.system.branches)),
    split="train|validation|test",
    fold="[a-z0-9]+",
    seed="[0-9]+",


def code(rule, *modules):
    """Fingerprint of the code behind a rule; `modules` are those that it imports by a computed name."""
    return write_sheet(Path("workflow/scripts") / f"{rule}.py", ROOT, modules, ledger.FOLDER).fingerprint


def text(settings):
    """Settings as text that is the same for the same settings."""
    return json.dumps(settings.model_dump(mode="json"), sort_keys=True)


def option(values):
    """A list or mapping of the corpus for a script's option: as text, or by a file where it is long."""
    return option_text(values, ledger.FOLDER)


def literal(path):
    """A path as Snakemake takes it; it reads braces as wildcards and cannot be told otherwise."""
    if "{" in str(path) or "}" in str(path):
        raise WorkflowError(f"{path}: the workflow takes no file whose name holds a brace; rename it")
    return str(path)


def sources(wildcards):
    """Media files of a shard."""
    return [literal(video.path) for video in SHARDS[wildcards.shard]]


def shard_of(wildcards, subjects=True):
    """What a shard's job handles, as text."""
    return option([video.to_json(subjects) for video in SHARDS[wildcards.shard]])


def of_shards(stage, suffix):
    """The files of one preprocessing stage."""
    return [f"{WORK}/{stage}/{shard}.{suffix}" for shard in SHARDS]


def of_streams(branch, *splits):
    """The artifacts that a branch reads to see the subjects of `splits`."""
    wanted = [
        shard
        for shard, videos in SHARDS.items()
        if any(LISTING.splits[subject.subject] in splits for video in videos for subject in video.subjects)
    ]
    kinds = artifacts_of(RUN.system.branches[branch].streams)
    return [f"{WORK}/{artifact_file(kind, shard)}" for kind in kinds for shard in wanted]


def predictions(split, branches):
    """Predictions of `branches`, by branch."""
    return {b: f"predictions/{SYSTEM}/{b}/official-{RUN.seed}/{split}.parquet" for b in branches}


def check_outputs(rules):
    """Refuses to build on a file that is not what its job wrote."""
    try:
        check_start(rules)
    except InputError as error:
        raise WorkflowError(str(error))


def named(files):
    """`--prediction BRANCH=PATH` for each branch."""
    return " ".join(f"--prediction {shlex.quote(f'{branch}={path}')}" for branch, path in files.items())


def official_faces(wildcards):
    """Folders of the organisers' aligned faces, where the settings use them."""
    if RUN.faces.source == "detect":
        return []
    folder = RUN.corpus.root / RUN.corpus.cropped_aligned
    return [literal(folder / s.subject) for video in SHARDS[wildcards.shard] for s in video.subjects]


def openpose_folders(wildcards):
    """Folders of the joints that the OpenPose program wrote, where the settings use them."""
    if RUN.body.backend != "openpose-json":
        return []
    try:
        return [literal(json_folder(Path(RUN.body.openpose_json), video)) for video in SHARDS[wildcards.shard]]
    except InputError as error:
        raise WorkflowError(str(error))
