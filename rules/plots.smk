# NEEDS  metrics.csv of every branch that is scored on validation; fusion weights, validation predictions, labels
# GIVES  results/training_curves_track<n>.csv, results/trajectories_track<n>.csv

RESULTS += expand("results/training_curves_track{number}.csv", number=LABELLED)
# A clip that is scored as a whole has no course along its frames.
RESULTS += expand(
    "results/trajectories_track{number}.csv",
    number=[number for number, track in LABELLED.items() if not RUN.track(track).per_clip],
)


rule training_curves:
    """The scores by epoch of every validated branch of a track, in one table for `dvc plots`."""
    input:
        lambda w: list(curves(w).values()),
    output:
        "results/training_curves_track{number}.csv",
    log:
        f"{LOGS}/training_curves_track{{number}}.log",
    benchmark:
        f"{TIMES}/training_curves_track{{number}}.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("training_curves"),
        metrics=lambda w: " ".join(f"--metrics {shlex.quote(f'{branch}={file}')}" for branch, file in curves(w).items()),
    shell:
        "python workflow/scripts/training_curves.py --code {params.code} {params.metrics} --out {output:q} 2> {log:q}"


rule trajectories:
    """Scores of the submitted method, where it is validated, beside the annotations along a few validation subjects, for `dvc plots`."""
    input:
        weights=weights,
        labels=scored_labels,
        predictions=lambda w: list(predictions(w, "validation", each_member(w, shown(w))).values()),
    output:
        "results/trajectories_track{number}.csv",
    log:
        f"{LOGS}/trajectories_track{{number}}.log",
    benchmark:
        f"{TIMES}/trajectories_track{{number}}.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("trajectories"),
        method=shown,
        predictions=lambda w: named(predictions(w, "validation", each_member(w, shown(w)))),
    shell:
        "python workflow/scripts/trajectories.py --code {params.code} --weights {input.weights:q}"
        " --method {params.method:q} {params.predictions} --labels {input.labels:q} --out {output:q} 2> {log:q}"
