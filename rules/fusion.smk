# NEEDS  predictions of every branch on validation; those of the submitted method's branches on test
# GIVES  fusion/<corpus>/<system>/<track>/weights.json and test.parquet


rule fuse:
    """Finds, on validation, the weights of the branches for every method of the table."""
    input:
        labels=f"{WORK}/labels.parquet",
        manifest=f"{WORK}/manifest.parquet",
        predictions=list(predictions("validation", RUN.system.branches).values()),
    output:
        f"fusion/{SYSTEM}/weights.json",
    log:
        f"{LOGS}/fuse.log",
    benchmark:
        f"{TIMES}/fuse.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("fuse"),
        settings=text(RUN.system.fusion),
        methods=json.dumps({title: {"branches": m.branches} for title, m in RUN.system.methods.items()}),
        predictions=named(predictions("validation", RUN.system.branches)),
    shell:
        "python workflow/scripts/fuse.py --code {params.code} {params.predictions} --labels {input.labels:q}"
        " --manifest {input.manifest:q}"
        " --methods {params.methods:q} --fusion {params.settings:q} --out {output:q} 2> {log:q}"


rule apply_fusion:
    """The weighted average of the submitted method's branches on the test split."""
    input:
        weights=f"fusion/{SYSTEM}/weights.json",
        predictions=list(predictions("test", SUBMITTED).values()),
    output:
        f"fusion/{SYSTEM}/test.parquet",
    log:
        f"{LOGS}/apply_fusion.log",
    benchmark:
        f"{TIMES}/apply_fusion.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("apply_fusion"),
        method=RUN.system.submit,
        predictions=named(predictions("test", SUBMITTED)),
    shell:
        "python workflow/scripts/apply_fusion.py --code {params.code} --weights {input.weights:q}"
        " --method {params.method:q}"
        " {params.predictions} --out {output:q} 2> {log:q}"
