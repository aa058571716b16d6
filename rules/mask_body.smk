# NEEDS  frames/<shard>.arrow, faces/<shard>.arrow, videos/<shard>.parquet, people/<shard>.arrow where faces.source is
#        detect; the weights of backend openpose-caffe
# GIVES  body/<shard>.parquet
from affectflow.config.data.backends import NETWORKS
from affectflow.preprocessing.body.registry import backend_module

# Only a network waits for a GPU.
BODY_NETWORK = RUN.body.backend in NETWORKS
BODY_ENVIRONMENT = "../envs/train.yaml" if BODY_NETWORK else "../envs/vision.yaml"


rule mask_body:
    """Finds each subject's 25 joints in every frame, and the box of equation 1 that masks the person."""
    input:
        **(stages.OFFICIAL_BODY if OFFICIAL else stages.MASK_BODY).inputs(LAYOUT),
        openpose=(lambda w: planned(w).openpose_folders) if RUN.body.backend == "openpose-json" else [],
        weights=lambda w: PLAN.pose_weights,
    output:
        LAYOUT.artifact("body"),
    log:
        LAYOUT.log("mask_body/{shard}"),
    benchmark:
        LAYOUT.times("mask_body/{shard}")
    conda:
        "../envs/openpose.yaml" if RUN.body.backend == "openpose" else BODY_ENVIRONMENT
    threads: RUN.device.threads if BODY_NETWORK else 1
    resources:
        gpu=min(RUN.device.gpus, 1) if BODY_NETWORK else 0,
        mem_mb=3000 if BODY_NETWORK else 1500,
    params:
        code=code("mask_body", backend_module(RUN.body.backend)),
        settings=settings_text(RUN.body),
        shard=lambda w: planned(w).text(),
        on_gpu=lambda w, resources: (
            f"python workflow/scripts/on_gpu.py --gpus {resources.gpu} -- " if BODY_NETWORK else ""
        ),
        people=lambda w, input: "" if OFFICIAL else f" --people {shlex.quote(input.people)}",
        device=f" --device {shlex.quote(settings_text(RUN.device))}" if BODY_NETWORK else "",
    shell:
        "{params.on_gpu}python workflow/scripts/mask_body.py --code {params.code} --shard {params.shard:q}{params.device}{params.people}"
        " --frames {input.frames:q} --faces {input.faces:q}"
        " --videos {input.videos:q} --body {params.settings:q} --out {output:q} 2> {log:q}"
