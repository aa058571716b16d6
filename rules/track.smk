# NEEDS  results/validation_track<n>.{csv,json}, run.json of every branch
# GIVES  results/tracked_scores_track<n>.json


rule log_scores:
    """Logs the final scores of a track to the MLflow run of this run of the workflow, with links to the trainings."""
    input:
        metrics=track_result("validation", suffix="json"),
        table=track_result("validation"),
        held_out=lambda w: [track_result("demo_test_score", n, "json") for n in PLAN.held_out if n == w.number],
        trainings=lambda w: list(planned(w).trainings.values()),
    output:
        track_result("tracked_scores", suffix="json"),
    log:
        LAYOUT.log("log_scores_track{number}"),
    benchmark:
        LAYOUT.times("log_scores_track{number}")
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        tracking=settings_text(RUN.tracking),
        experiment=EXPERIMENT,
        place=lambda w: f"{LAYOUT.place}/{planned(w).name}",
    params:
        code=code("log_scores"),
        held_out=lambda w, input: f"--held-out {shlex.quote(input.held_out[0])}" if input.held_out else "",
        trainings=lambda w: options("training", planned(w).trainings),
    shell:
        "python workflow/scripts/log_scores.py --code {params.code} --metrics {input.metrics:q} --table {input.table:q}"
        " {params.held_out} {params.trainings} --tracking {resources.tracking:q}"
        " --experiment {resources.experiment:q} --place {resources.place:q} --out {output:q} 2>&1 | tee {log:q} >&2"
