# NEEDS  the image corpora that the settings name (docs/pretraining.md)
# GIVES  work/images/<images>/<split>.arrow, <split>.left_out.csv; models/images/<system>/<pretraining>/<seed>/
from affectflow.starts import find_pictures

# Looked for at every start: Snakemake would take faces that are there for new ones where their source is gone.
try:
    PICTURES = find_pictures(RUN)
except InputError as error:
    raise WorkflowError(str(error))

ENCODER = f"models/images/{RUN.system.name}/{{pretraining}}/{{seed}}"


wildcard_constraints:
    images="|".join(map(re.escape, RUN.images)),
    pretraining="|".join(map(re.escape, RUN.pretrained)),


rule images:
    """Cuts out and shrinks the faces of a corpus of still pictures, once: hundreds of thousands of files become one."""
    input:
        lambda w: literal(PICTURES[w.images, w.split]),
    output:
        faces="work/images/{images}/{split}.arrow",
        left_out="work/images/{images}/{split}.left_out.csv",
    log:
        "logs/images/{images}/{split}.log",
    benchmark:
        "work/images/benchmarks/{images}-{split}.tsv"
    priority: 20
    conda:
        "../envs/vision.yaml"
    threads: 4
    resources:
        mem_mb=1500,
    params:
        code=code("images"),
        settings=lambda w: text(RUN.images[w.images]),
    shell:
        "python workflow/scripts/images.py --code {params.code} --images {params.settings:q} --name {wildcards.images}"
        " --split {wildcards.split} --out {output.faces:q} --left-out {output.left_out:q} 2>&1 | tee {log:q} >&2"


rule pretrain:
    """Trains an encoder on still pictures; branches whose `init` names it start from its weights."""
    input:
        unpack(faces_of),
        tracking=ancient(f"{WORK}/tracking.initialised"),
    output:
        f"{ENCODER}/model.safetensors",
        f"{ENCODER}/pretraining.json",
        f"{ENCODER}/metrics.csv",
        f"{ENCODER}/run.json",
        f"{ENCODER}/curves.png",
        f"{ENCODER}/validation.png",
    log:
        f"logs/images/{RUN.system.name}-{{pretraining}}-{{seed}}.log",
    benchmark:
        f"work/images/benchmarks/{RUN.system.name}-{{pretraining}}-{{seed}}.tsv"
    priority: 20
    conda:
        "../envs/train.yaml"
    threads: RUN.device.threads * RUN.device.processes
    resources:
        gpu=RUN.device.gpus,
        mem_mb=4000,
        # As for `train`: what changes speed and book-keeping, not results.
        loader=text(RUN.loader),
        tracking=text(RUN.tracking),
        experiment=EXPERIMENT,
    params:
        code=code("pretrain"),
        settings=lambda w: text(RUN.pretrained[w.pretraining]),
        device=text(RUN.device),
        weights=WEIGHTS,
        out=subpath(output[0], parent=True),
        checkpoints=f"checkpoints/images/{RUN.system.name}/{{pretraining}}/{{seed}}",
    shell:
        "python workflow/scripts/on_gpu.py --gpus {resources.gpu} -- python workflow/scripts/pretrain.py"
        " --code {params.code} --name {wildcards.pretraining} --pretraining {params.settings:q} --train {input.train:q}"
        " --validation {input.validation:q} --seed {wildcards.seed} --loader {resources.loader:q}"
        " --device {params.device:q} --gpus {resources.gpu} --tracking {resources.tracking:q}"
        " --experiment {resources.experiment:q} {params.weights} --checkpoints {params.checkpoints:q}"
        " --out {params.out:q} 2>&1 | tee {log:q} >&2"
