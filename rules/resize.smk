# NEEDS  frames/<shard>.arrow
# GIVES  resized/<size>/<shard>.arrow


rule resize:
    """Frames in the size that networks read, once: decoding whole frames would take most of an epoch's reading."""
    input:
        *stages.RESIZE.inputs(LAYOUT).values(),
    output:
        LAYOUT.artifact(resized("{size}")),
    log:
        LAYOUT.log("resize/{size}/{shard}"),
    benchmark:
        LAYOUT.times("resize/{size}/{shard}")
    wildcard_constraints:
        size="[0-9]+",
    conda:
        "../envs/vision.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("resize"),
        settings=settings_text(RUN.resize),
    shell:
        "python workflow/scripts/resize.py --code {params.code} --frames {input:q} --size {wildcards.size}"
        " --resize {params.settings:q} --out {output:q} 2> {log:q}"
