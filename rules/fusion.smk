# NEEDS  predictions of every branch on validation; those of the submitted method's members on test
# GIVES  fusion/<corpus>/<system>/<track>/<fold>-<seed>/weights.json and test.parquet


rule fuse:
    """Finds, on validation, the weights of the branches for every method of the table."""
    input:
        labels=lambda w: planned(w).scored_labels,
        manifest=lambda w: planned(w).scored_manifest,
        predictions=lambda w: list(planned(w).predictions("validation").values()),
    output:
        LAYOUT.weights(ANY_RUN),
    log:
        LAYOUT.log("{track}/fuse-{fold}-{seed}"),
    benchmark:
        LAYOUT.times("{track}/fuse-{fold}-{seed}")
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("fuse"),
        track=lambda w: planned(w).options,
        settings=lambda w: settings_text(planned(w).system.fusion),
        methods=lambda w: planned(w).fused_methods_text,
        unvalidated=lambda w: planned(w).unvalidated_methods_text,
        predictions=lambda w: options("prediction", planned(w).predictions("validation")),
    shell:
        "python workflow/scripts/fuse.py --code {params.code} {params.track} {params.predictions}"
        " --labels {input.labels:q} --manifest {input.manifest:q}"
        " --methods {params.methods:q} --unvalidated {params.unvalidated:q} --fusion {params.settings:q} --out {output:q} 2> {log:q}"


rule apply_fusion:
    """The weighted average of the submitted method's members on the test split."""
    input:
        weights=LAYOUT.weights(ANY_RUN),
        predictions=lambda w: list(planned(w).predictions("test", planned(w).submitted).values()),
    output:
        LAYOUT.fused_test(ANY_RUN),
    log:
        LAYOUT.log("{track}/apply_fusion-{fold}-{seed}"),
    benchmark:
        LAYOUT.times("{track}/apply_fusion-{fold}-{seed}")
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("apply_fusion"),
        method=lambda w: planned(w).system.submit,
        predictions=lambda w: options("prediction", planned(w).predictions("test", planned(w).submitted)),
    shell:
        "python workflow/scripts/apply_fusion.py --code {params.code} --weights {input.weights:q}"
        " --method {params.method:q} {params.predictions} --out {output:q} 2> {log:q}"
