# NEEDS  frames, faces, body and mel of a shard
# GIVES  preview/<shard>.jpg


rule preview:
    """The contact sheet of a shard: what every stage made of it, for a person to judge in a glance."""
    input:
        **stages.PREVIEW.inputs(LAYOUT),
    output:
        LAYOUT.artifact("preview"),
    log:
        LAYOUT.log("preview/{shard}"),
    benchmark:
        LAYOUT.times("preview/{shard}")
    conda:
        "../envs/vision.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("preview"),
        settings=settings_text(RUN.preview),
        shard=lambda w: planned(w).text(),
    shell:
        "python workflow/scripts/preview.py --code {params.code} --shard {params.shard:q} --frames {input.frames:q}"
        " --faces {input.faces:q}"
        " --body {input.body:q} --mel {input.mel:q} --preview {params.settings:q} --out {output:q} 2> {log:q}"
