# NEEDS  manifest, labels, the artifacts that a branch's streams are made from or its sets have as members, the encoders and
#        branches that it starts from, its teacher, features that other branches have learnt
# GIVES  models/<corpus>/<system>/<tracks>/<branch>/<fold>-<seed>/
from affectflow.papers.registry import network_module
from affectflow.pretrained.weights import published_weights

EXPERIMENT = RUN.tracking.experiment or SYSTEM
WEIGHTS = f"--weights {shlex.quote(str(RUN.weights))} --weights-dir {shlex.quote(str(RUN.weights_dir))}"
JOB = f"{RUN.system.name}-{{task}}-{{branch}}-{{fold}}-{{seed}}"


rule train:
    """Trains one branch of the system; any branch of any system is described in its settings."""
    input:
        seen,
        relatedness,
        manifests=lambda w: list(own_files(manifest, w).values()),
        labels=lambda w: list(own_files(labels, w).values()),
        starts=lambda w: list(starts(w).values()),
        weights=lambda w: weight_files(*published_weights(trained(w), starts(w))),
        teacher=lambda w: [f"{its}/{file}" for its in teacher(w) for file in ("model.safetensors", "branch.json")],
        features=lambda w: features_read(w, "train", "validation"),
    output:
        f"{MODEL}/model.safetensors",
        f"{MODEL}/branch.json",
        f"{MODEL}/metrics.csv",
        f"{MODEL}/run.json",
        f"{MODEL}/curves.png",
        f"{MODEL}/validation.png",
    log:
        f"{LOGS}/train/{JOB}.log",
    benchmark:
        f"{TIMES}/train/{JOB}.tsv"
    conda:
        "../envs/train.yaml"
    threads: RUN.device.threads * RUN.device.processes
    resources:
        gpu=RUN.device.gpus,
        mem_mb=4000,
        # What changes speed and bookkeeping, not results, stands here: parameters are compared, resources not.
        loader=text(RUN.loader),
        tracking=text(RUN.tracking),
        experiment=EXPERIMENT,
        place=lambda w: f"{SYSTEM}/{w.task}",
    params:
        code=lambda w: code("train", *networks(w)),
        edition=lambda w: edition_options(trained(w).edition or RUN.edition, names_of(w.task)),
        manifests=lambda w: options("manifest", own_files(manifest, w)),
        labels=lambda w: options("labels", own_files(labels, w)),
        members=member_options,
        settings=lambda w: text(trained(w), "postprocess"),
        device=text(RUN.device),
        weights=WEIGHTS,
        starts=lambda w: options("pretrained", starts(w)),
        teacher=lambda w: " ".join(f"--teacher {shlex.quote(its)}" for its in teacher(w)),
        features=lambda w: options("features", feature_folders(w)),
        work=lambda w: WORK,
        out=subpath(output[0], parent=True),
        checkpoints=f"checkpoints/{SYSTEM}/{{task}}/{{branch}}/{{fold}}-{{seed}}",
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
