# NEEDS  frames, faces, body and mel of a shard
# GIVES  preview/<shard>.jpg


rule preview:
    """The contact sheet of a shard: what every stage made of it, for a person to judge in a glance."""
    input:
        frames=f"{WORK}/frames/{{shard}}.arrow",
        faces=f"{WORK}/faces/{{shard}}.arrow",
        body=f"{WORK}/body/{{shard}}.parquet",
        mel=f"{WORK}/mel/{{shard}}.arrow",
    output:
        f"{WORK}/preview/{{shard}}.jpg",
    log:
        f"{LOGS}/preview/{{shard}}.log",
    benchmark:
        f"{TIMES}/preview/{{shard}}.tsv"
    conda:
        "../envs/vision.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("preview"),
        settings=text(RUN.preview),
        shard=shard_of,
    shell:
        "python workflow/scripts/preview.py --code {params.code} --shard {params.shard:q} --frames {input.frames:q}"
        " --faces {input.faces:q}"
        " --body {input.body:q} --mel {input.mel:q} --preview {params.settings:q} --out {output:q} 2> {log:q}"
