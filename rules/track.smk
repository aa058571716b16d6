# NEEDS  results/validation_track<n>.{csv,json}, run.json of every branch
# GIVES  results/tracked_scores_track<n>.json

RESULTS += expand("results/tracked_scores_track{number}.json", number=LABELLED)


rule log_scores:
    """Logs the final scores of a track to the MLflow run of this run of the workflow, with links to the trainings."""
    input:
        metrics="results/validation_track{number}.json",
        table="results/validation_track{number}.csv",
        held_out=lambda w: [f"results/demo_test_score_track{w.number}.json"] if w.number in HELD_OUT else [],
        trainings=lambda w: list(trainings(w).values()),
    output:
        "results/tracked_scores_track{number}.json",
    log:
        f"{LOGS}/log_scores_track{{number}}.log",
    benchmark:
        f"{TIMES}/log_scores_track{{number}}.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        tracking=text(RUN.tracking),
        experiment=EXPERIMENT,
        place=lambda w: f"{SYSTEM}/{track_name(w)}",
    params:
        code=code("log_scores"),
        held_out=lambda w, input: f"--held-out {shlex.quote(input.held_out[0])}" if input.held_out else "",
        trainings=lambda w: " ".join(
            f"--training {shlex.quote(f'{branch}={file}')}" for branch, file in trainings(w).items()
        ),
    shell:
        "python workflow/scripts/log_scores.py --code {params.code} --metrics {input.metrics:q} --table {input.table:q}"
        " {params.held_out} {params.trainings} --tracking {resources.tracking:q}"
        " --experiment {resources.experiment:q} --place {resources.place:q} --out {output:q} 2>&1 | tee {log:q} >&2"
