# NEEDS  the faces of image corpora; published weights that it starts from
# GIVES  models/images/<system>/<pretraining>/<seed>/

ENCODER = PLAN.encoders.encoder("{pretraining}", "{seed}")


wildcard_constraints:
    pretraining="|".join(map(re.escape, RUN.pretrained)),


rule pretrain:
    """Trains an encoder on still pictures; branches whose `init` names it start from its weights, and sets of features
    whose `weights` names it are what it sees."""
    input:
        train=lambda w: list(pretrainings.faces(PLAN, w.pretraining, "train").values()),
        validation=lambda w: list(pretrainings.faces(PLAN, w.pretraining, "validation").values()),
        weights=lambda w: pretrainings.start(PLAN, w.pretraining),
    output:
        f"{ENCODER}/model.safetensors",
        f"{ENCODER}/pretraining.json",
        f"{ENCODER}/metrics.csv",
        f"{ENCODER}/run.json",
        f"{ENCODER}/curves.png",
        f"{ENCODER}/validation.png",
    log:
        image_log(f"{RUN.system.name}-{{pretraining}}-{{seed}}"),
    benchmark:
        image_times(f"{RUN.system.name}-{{pretraining}}-{{seed}}")
    priority: 20
    conda:
        "../envs/train.yaml"
    threads: RUN.device.threads * RUN.device.processes
    resources:
        gpu=RUN.device.gpus,
        mem_mb=4000,
        # As for `train`: what changes speed and book-keeping, not results.
        loader=settings_text(RUN.loader),
        tracking=settings_text(RUN.tracking),
        experiment=EXPERIMENT,
    params:
        code=lambda w: code("pretrain", *pretrainings.modules(PLAN, w.pretraining)),
        train=lambda w: options("train", pretrainings.faces(PLAN, w.pretraining, "train")),
        validation=lambda w: options("validation", pretrainings.faces(PLAN, w.pretraining, "validation")),
        settings=lambda w: settings_text(RUN.pretrained[w.pretraining]),
        device=settings_text(RUN.device),
        weights=WEIGHTS,
        out=subpath(output[0], parent=True),
        checkpoints=PLAN.encoders.checkpoints("{pretraining}", "{seed}"),
    shell:
        "python workflow/scripts/on_gpu.py --gpus {resources.gpu} -- python workflow/scripts/pretrain.py"
        " --code {params.code} --name {wildcards.pretraining} --pretraining {params.settings:q} {params.train}"
        " {params.validation} --seed {wildcards.seed} --loader {resources.loader:q}"
        " --device {params.device:q} --gpus {resources.gpu} --tracking {resources.tracking:q}"
        " --experiment {resources.experiment:q} {params.weights} --checkpoints {params.checkpoints:q}"
        " --out {params.out:q} 2>&1 | tee {log:q} >&2"
