# NEEDS  frames/<shard>.arrow, faces/<shard>.arrow, videos/<shard>.parquet
# GIVES  body/<shard>.parquet

from affectflow.preprocessing.body.registry import backend_module


rule mask_body:
    """Finds each subject's 25 joints in every frame, and the box of equation 1 that masks the person."""
    input:
        **stages.MASK_BODY.inputs(LAYOUT),
        openpose=(lambda w: planned(w).openpose_folders) if RUN.body.backend == "openpose-json" else [],
    output:
        LAYOUT.artifact("body"),
    log:
        LAYOUT.log("mask_body/{shard}"),
    benchmark:
        LAYOUT.times("mask_body/{shard}")
    conda:
        "../envs/openpose.yaml" if RUN.body.backend == "openpose" else "../envs/vision.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("mask_body", backend_module(RUN.body.backend)),
        settings=settings_text(RUN.body),
        shard=lambda w: planned(w).text(),
    shell:
        "python workflow/scripts/mask_body.py --code {params.code} --shard {params.shard:q}"
        " --frames {input.frames:q} --faces {input.faces:q}"
        " --videos {input.videos:q} --body {params.settings:q} --out {output:q} 2> {log:q}"
