# NEEDS  frames/<shard>.arrow
# GIVES  resized/<size>/<shard>.arrow


rule resize:
    """Frames in the size that networks read, once: decoding whole frames would take most of an epoch's reading."""
    input:
        f"{WORK}/frames/{{shard}}.arrow",
    output:
        f"{WORK}/resized/{{size}}/{{shard}}.arrow",
    log:
        f"{LOGS}/resize/{{size}}/{{shard}}.log",
    benchmark:
        f"{TIMES}/resize/{{size}}/{{shard}}.tsv"
    wildcard_constraints:
        size="[0-9]+",
    conda:
        "../envs/vision.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("resize"),
        settings=text(RUN.resize),
    shell:
        "python workflow/scripts/resize.py --code {params.code} --frames {input:q} --size {wildcards.size}"
        " --resize {params.settings:q} --out {output:q} 2> {log:q}"
