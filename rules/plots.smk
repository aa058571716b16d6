# NEEDS  metrics.csv of every branch that is scored on validation; fusion weights, validation predictions, labels
# GIVES  results/training_curves_track<n>.csv, results/trajectories_track<n>.csv


rule training_curves:
    """The scores by epoch of every validated branch of a track, in one table for `dvc plots`."""
    input:
        lambda w: list(planned(w).curves.values()),
    output:
        track_result("training_curves"),
    log:
        LAYOUT.log("training_curves_track{number}"),
    benchmark:
        LAYOUT.times("training_curves_track{number}")
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("training_curves"),
        metrics=lambda w: options("metrics", planned(w).curves),
    shell:
        "python workflow/scripts/training_curves.py --code {params.code} {params.metrics} --out {output:q} 2> {log:q}"


rule trajectories:
    """Scores of the submitted method, where it is validated, beside the annotations along a few validation subjects, for `dvc plots`."""
    input:
        weights=lambda w: planned(w).weights,
        labels=lambda w: planned(w).scored_labels,
        predictions=lambda w: list(planned(w).predictions("validation", planned(w).shown).values()),
    output:
        track_result("trajectories"),
    log:
        LAYOUT.log("trajectories_track{number}"),
    benchmark:
        LAYOUT.times("trajectories_track{number}")
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("trajectories"),
        method=lambda w: planned(w).system.shown,
        predictions=lambda w: options("prediction", planned(w).predictions("validation", planned(w).shown)),
    shell:
        "python workflow/scripts/trajectories.py --code {params.code} --weights {input.weights:q}"
        " --method {params.method:q} {params.predictions} --labels {input.labels:q} --out {output:q} 2> {log:q}"
