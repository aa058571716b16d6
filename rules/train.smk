# NEEDS  manifest, labels, the artifacts that a branch's streams are made from or its sets have as members, the encoders and
#        branches that it starts from, its teacher, features that other branches have learnt
# GIVES  models/<corpus>/<system>/<tracks>/<branch>/<fold>-<seed>/
from affectflow.papers.registry import network_module

EXPERIMENT = RUN.tracking.experiment or LAYOUT.place
WEIGHTS = f"--weights {shlex.quote(str(RUN.weights))} --weights-dir {shlex.quote(str(RUN.weights_dir))}"
JOB = f"{RUN.system.name}-{ANY_TRAINING.name}"


rule train:
    """Trains one branch of the system; any branch of any system is described in its settings."""
    input:
        lambda w: planned(w).seen,
        lambda w: planned(w).relatedness,
        manifests=lambda w: list(planned(w).manifests.values()),
        labels=lambda w: list(planned(w).labels.values()),
        starts=lambda w: list(planned(w).starts.values()),
        weights=lambda w: planned(w).weights,
        teacher=lambda w: planned(w).teacher_files,
        features=lambda w: planned(w).features("train", "validation"),
    output:
        [
            LAYOUT.model(ANY_TRAINING, file)
            for file in (MODEL, SETTINGS, METRICS, RUN_NOTES, "curves.png", "validation.png")
        ],
    log:
        LAYOUT.log(f"train/{JOB}"),
    benchmark:
        LAYOUT.times(f"train/{JOB}")
    conda:
        "../envs/train.yaml"
    threads: RUN.device.threads * RUN.device.processes
    resources:
        gpu=RUN.device.gpus,
        mem_mb=4000,
        # What changes speed and bookkeeping, not results, stands here: parameters are compared, resources not.
        loader=settings_text(RUN.loader),
        tracking=settings_text(RUN.tracking),
        experiment=EXPERIMENT,
        place=lambda w: f"{LAYOUT.place}/{w.task}",
    params:
        code=lambda w: code("train", *planned(w).networks, *planned(w).terms),
        edition=lambda w: planned(w).options,
        manifests=lambda w: options("manifest", planned(w).manifests),
        labels=lambda w: options("labels", planned(w).labels),
        members=lambda w: planned(w).members,
        settings=lambda w: settings_text(planned(w).branch, "postprocess"),
        device=settings_text(RUN.device),
        weights=WEIGHTS,
        starts=lambda w: options("pretrained", planned(w).starts),
        teacher=lambda w: repeated("teacher", planned(w).teacher),
        features=lambda w: options("features", planned(w).feature_folders),
        work=lambda w: LAYOUT.work,
        out=subpath(output[0], parent=True),
        checkpoints=LAYOUT.checkpoints(ANY_TRAINING),
    shell:
        "python workflow/scripts/on_gpu.py --gpus {resources.gpu} -- python workflow/scripts/train.py"
        " --code {params.code}"
        " --tracks {wildcards.task} {params.edition} --branch-name {wildcards.branch:q}"
        " --branch {params.settings:q}"
        " {params.manifests} {params.labels} {params.members} --work {params.work:q} --seed {wildcards.seed} --loader {resources.loader:q}"
        " --device {params.device:q} --gpus {resources.gpu} --tracking {resources.tracking:q}"
        " --experiment {resources.experiment:q} --place {resources.place:q} {params.weights} {params.starts}"
        " {params.teacher} {params.features}"
        " --checkpoints {params.checkpoints:q} --out {params.out:q} 2>&1 | tee {log:q} >&2"
