# Videos to scores of affect. Reads and checks the settings, includes the rules, names the targets.
from affectflow.workflow import handlers
from affectflow.lineage.kept import keep, might_be_given_back
from affectflow.lineage.written import keep_times
from snakemake.utils import min_version

min_version("9.27")


report: "docs/captions/workflow.rst"


include: "rules/common.smk"
include: "rules/decode.smk"
include: "rules/find_people.smk"
include: "rules/align_face.smk"
include: "rules/mask_body.smk"
include: "rules/resize.smk"
include: "rules/spectrogram.smk"
include: "rules/preview.smk"
include: "rules/manifest.smk"
include: "rules/train.smk"
include: "rules/features.smk"
include: "rules/sound_features.smk"
include: "rules/predict.smk"
include: "rules/smoothing.smk"
include: "rules/fusion.smk"
include: "rules/results.smk"
include: "rules/uncertainty.smk"
include: "rules/plots.smk"
include: "rules/track.smk"
include: "rules/report.smk"
include: "rules/leaderboard.smk"


if RUN.pictured:

    include: "rules/images.smk"


if RUN.synthetic:

    include: "rules/demo_images.smk"


if targets.scores_pictures(PLAN):

    include: "rules/score_images.smk"


if RUN.per_utterance:

    include: "rules/utterances.smk"


if annotates_clips(RUN.corpus):

    include: "rules/clips.smk"


if RUN.pretrained:

    include: "rules/pretrain.smk"


if any(its.sense == "face" for its in RUN.feature_sets.values()):

    include: "rules/face_features.smk"


if RUN.corpus.kind in SYNTHETIC:

    include: "rules/demo.smk"


include: "rules/targets.smk"


keep_times(workflow)
OUTDATED = {}
if workflow.is_main_process:
    try:
        OUTDATED = check_start(workflow.rules, {"shard": PLAN.shards})
    except InputError as error:
        raise WorkflowError(str(error))
    except OSError as error:
        raise WorkflowError(f"{error.filename}: {error.strerror}")
    force(workflow, OUTDATED, logger.warning)
    if gone := targets.gone_models(PLAN, OUTDATED):
        logger.warning(
            f"{', '.join(gone)}: not here. Results that are need no model and do not have it made; `affectflow predict` "
            f"needs it. It is made by: {advice.snakemake(gone)}"
        )


onstart:
    if not workflow.touch:
        handlers.started(workflow.local_exec)
        keep(might_be_given_back(workflow, OUTDATED))


onsuccess:
    handlers.finished(workflow)


onerror:
    handlers.failed(log)


rule all:
    """Everything that this corpus allows: tables, prediction files, contact sheets."""
    default_target: True
    input:
        targets.results(PLAN),
        PLAN.of_shards("preview"),


rule previews:
    """The contact sheet of every shard."""
    input:
        PLAN.of_shards("preview"),
