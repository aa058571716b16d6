# NEEDS  fused test predictions of clips, the manifest, the corpus's table of splits
# GIVES  results/test_track4.csv, submission/track4/ (in place of submit's)


ruleorder: submit_clips > submit


rule submit_clips:
    """The test scores of clips that are annotated as a whole, as one table in the form of Hume-Reaction."""
    input:
        fused=fused_test,
        weights=weights,
        manifest=manifest,
        partition=lambda w: literal(LISTINGS[track_name(w)].sample),
    output:
        table="results/test_track{number}.csv",
        submission=directory("results/submission/track{number}"),
    log:
        f"{LOGS}/submit_track{{number}}.log",
    benchmark:
        f"{TIMES}/submit_track{{number}}.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("submit_clips"),
        method=lambda w: system(w).submit,
    shell:
        "python workflow/scripts/submit_clips.py --code {params.code} --fused {input.fused:q}"
        " --weights {input.weights:q} --method {params.method:q} --manifest {input.manifest:q}"
        " --partition {input.partition:q} --table {output.table:q} --submission {output.submission:q} 2> {log:q}"
