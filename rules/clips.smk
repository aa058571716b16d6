# NEEDS  fused test predictions of clips, the manifest, the corpus's table of splits
# GIVES  results/test_track4.csv, submission/track4/ (in place of submit's)


ruleorder: submit_clips > submit


rule submit_clips:
    """The test scores of clips that are annotated as a whole, as one table in the form of Hume-Reaction."""
    input:
        fused=lambda w: planned(w).fused_test,
        weights=lambda w: planned(w).weights,
        manifest=lambda w: planned(w).manifest,
        partition=lambda w: planned(w).sample,
    output:
        table=track_result("test"),
        submission=directory(submission()),
    log:
        LAYOUT.log("submit_track{number}"),
    benchmark:
        LAYOUT.times("submit_track{number}")
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("submit_clips"),
        method=lambda w: planned(w).system.submit,
    shell:
        "python workflow/scripts/submit_clips.py --code {params.code} --fused {input.fused:q}"
        " --weights {input.weights:q} --method {params.method:q} --manifest {input.manifest:q}"
        " --partition {input.partition:q} --table {output.table:q} --submission {output.submission:q} 2> {log:q}"
