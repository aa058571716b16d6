# NEEDS  frames/<shard>.arrow, faces/<shard>.arrow, videos/<shard>.parquet
# GIVES  body/<shard>.parquet

from affectflow.preprocessing.body.registry import backend_module


rule mask_body:
    """Finds each subject's 25 joints in every frame, and the box of equation 1 that masks the person."""
    input:
        frames=f"{WORK}/frames/{{shard}}.arrow",
        faces=f"{WORK}/faces/{{shard}}.arrow",
        videos=f"{WORK}/videos/{{shard}}.parquet",
        openpose=openpose_folders if RUN.body.backend == "openpose-json" else [],
    output:
        f"{WORK}/body/{{shard}}.parquet",
    log:
        f"{LOGS}/mask_body/{{shard}}.log",
    benchmark:
        f"{TIMES}/mask_body/{{shard}}.tsv"
    conda:
        "../envs/openpose.yaml" if RUN.body.backend == "openpose" else "../envs/vision.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("mask_body", backend_module(RUN.body.backend)),
        settings=text(RUN.body),
        shard=shard_of,
    shell:
        "python workflow/scripts/mask_body.py --code {params.code} --shard {params.shard:q}"
        " --frames {input.frames:q} --faces {input.faces:q}"
        " --videos {input.videos:q} --body {params.settings:q} --out {output:q} 2> {log:q}"
