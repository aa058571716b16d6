# What the rules share: the settings of this run and its plan, which says what each job reads, makes and is told.
# NEEDS  a settings file (config/config.yaml, or --configfile)
# GIVES  RUN, PLAN, LAYOUT, code; planned, which turns a job's wildcards into what the plan knows of it
import json
import re
import shlex
from functools import cache
from pathlib import Path

from affectflow.artifacts import ledger
from affectflow.artifacts.layout import ANY_RUN, ANY_TRAINING, METRICS, MODEL, RUN_NOTES, SETTINGS, TrackRun, Training
from affectflow.artifacts.layout import feature_file, feature_set, image_log, image_times, left_out_pictures, pictures
from affectflow.artifacts.layout import resized, result, submission, track_result
from affectflow.config.data.corpora import SYNTHETIC
from affectflow.config.reading import read_overrides
from affectflow.config.system.clips import annotates_clips
from affectflow.config.system.load import load_run
from affectflow.core import advice
from affectflow.core.errors import InputError
from affectflow.datasets.video.listing import all_videos, notes
from affectflow.datasets.video.shard import shards
from affectflow.lineage.code import other_packages, package_folder
from affectflow.lineage.outdated import force
from affectflow.lineage.sheet import write_sheet
from affectflow.lineage.start import check_start
from affectflow.preflight.detectors import missing_models
from affectflow.preflight.starts import check_faces, check_starts, find_corpora
from affectflow.preprocessing.media.planned import planned_identity
from affectflow.pretrained.weights import read_registry
from affectflow.runtime import runs
from affectflow.workflow.jobs import prepare_environment
from affectflow.workflow.names import check_names, literal
from affectflow.workflow.plan import leaderboard_entries, pretrainings, stages, stills, tables, targets
from affectflow.workflow.plan.fusions import FusionPlan
from affectflow.workflow.plan.plan import Plan
from affectflow.workflow.plan.predictions import PredictionPlan
from affectflow.workflow.plan.shards import ShardPlan
from affectflow.workflow.plan.text import long_text, options, repeated, settings_text
from affectflow.workflow.plan.trainings import TrainingPlan

ROOT = Path(workflow.basedir)
try:
    prepare_environment(ROOT)
    GIVEN = [Path(file) for file in workflow.overwrite_configfiles]
    OVERRIDES = read_overrides(workflow.config_settings.config_args)
    advice.note_settings(GIVEN, OVERRIDES)
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

# A conda environment has its own.
CONDA = "conda" in workflow.deployment_settings.deployment_method
for note in [*notes(LISTINGS), *RUN.notes, *([] if CONDA else missing_models(RUN))]:
    logger.warning(note)
if others := other_packages(ROOT):
    logger.warning(f"packages of other versions than the lock's, with which this runs: {', '.join(others)}")

PLAN = Plan(RUN, LISTINGS, shards(VIDEOS, RUN.videos_per_shard), REGISTRY)
LAYOUT = PLAN.layout


wildcard_constraints:
    # Which shards there are the plan is asked: naming all in a pattern makes every match as long as the corpus.
    shard="[^/]+",
    track="|".join(PLAN.used),
    task="|".join(map(re.escape, sorted(PLAN.tasks))),
    number="|".join(PLAN.numbered),
    branch="|".join(map(re.escape, sorted(PLAN.branches))),
    split="train|validation|test",
    without="(-without-(face|body|sound))?",
    fold="official|fold[0-9]+",
    seed="[0-9]+",


@cache
def code(rule, *modules):
    """Fingerprint of the code behind a rule; `modules` are those that it imports by a computed name."""
    return write_sheet(Path("workflow/scripts") / f"{rule}.py", ROOT, modules, ledger.FOLDER).fingerprint


def planned(w):
    """What the plan says of the job with these wildcards: of a shard, a training, a prediction, or a track, which is
    named or numbered, as the corpus is split and with the first seed where they say no more."""
    if hasattr(w, "shard"):
        return ShardPlan(PLAN, w.shard)
    if hasattr(w, "task"):
        return TrainingPlan(PLAN, Training(w.task, w.branch, w.fold, w.seed))
    first = PLAN.first_run(PLAN.numbered[w.number] if hasattr(w, "number") else w.track)
    run = TrackRun(first.track, getattr(w, "fold", first.fold), getattr(w, "seed", first.seed))
    return PredictionPlan(PLAN, run, w.branch) if hasattr(w, "branch") else FusionPlan(PLAN, run)
