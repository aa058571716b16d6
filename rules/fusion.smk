# NEEDS  predictions of every branch on validation; those of the submitted method's members on test
# GIVES  fusion/<corpus>/<system>/<track>/<fold>-<seed>/weights.json and test.parquet


rule fuse:
    """Finds, on validation, the weights of the branches for every method of the table."""
    input:
        labels=scored_labels,
        manifest=scored_manifest,
        predictions=lambda w: list(predictions(w, "validation").values()),
    output:
        f"{FUSION}/weights.json",
    log:
        f"{LOGS}/{{track}}/fuse-{{fold}}-{{seed}}.log",
    benchmark:
        f"{TIMES}/{{track}}/fuse-{{fold}}-{{seed}}.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("fuse"),
        track=track_options,
        settings=lambda w: text(system(w).fusion),
        methods=fused_methods,
        unvalidated=unvalidated_methods,
        predictions=lambda w: named(predictions(w, "validation")),
    shell:
        "python workflow/scripts/fuse.py --code {params.code} {params.track} {params.predictions}"
        " --labels {input.labels:q} --manifest {input.manifest:q}"
        " --methods {params.methods:q} --unvalidated {params.unvalidated:q} --fusion {params.settings:q} --out {output:q} 2> {log:q}"


rule apply_fusion:
    """The weighted average of the submitted method's members on the test split."""
    input:
        weights=f"{FUSION}/weights.json",
        predictions=lambda w: list(predictions(w, "test", submitted(w)).values()),
    output:
        f"{FUSION}/test.parquet",
    log:
        f"{LOGS}/{{track}}/apply_fusion-{{fold}}-{{seed}}.log",
    benchmark:
        f"{TIMES}/{{track}}/apply_fusion-{{fold}}-{{seed}}.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("apply_fusion"),
        method=lambda w: system(w).submit,
        predictions=lambda w: named(predictions(w, "test", submitted(w))),
    shell:
        "python workflow/scripts/apply_fusion.py --code {params.code} --weights {input.weights:q}"
        " --method {params.method:q} {params.predictions} --out {output:q} 2> {log:q}"
