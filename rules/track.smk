# NEEDS  results/metrics.json, results/validation_track<n>.csv, run.json of every branch
# GIVES  results/tracked_scores.json

TRAININGS = {branch: f"models/{SYSTEM}/{branch}/official-{RUN.seed}/run.json" for branch in RUN.system.branches}
SCORED = "results/tracked_scores.json"
if LISTING.labels:
    RESULTS.append(SCORED)


rule log_scores:
    """Logs the final scores to the MLflow run of this run of the workflow, with links to the trainings behind them."""
    input:
        metrics="results/metrics.json",
        table=f"results/validation_track{TRACK}.csv",
        held_out=["results/demo_test_score.json"] if LISTING.held_out else [],
        trainings=[ancient(file) for file in TRAININGS.values()],
        tracking=ancient(f"{WORK}/tracking.initialised"),
    output:
        SCORED,
    log:
        f"{LOGS}/log_scores.log",
    benchmark:
        f"{TIMES}/log_scores.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=500,
        tracking=text(RUN.tracking),
        experiment=EXPERIMENT,
        place=SYSTEM,
    params:
        code=code("log_scores"),
        held_out=lambda w, input: f"--held-out {shlex.quote(input.held_out[0])}" if input.held_out else "",
        trainings=" ".join(f"--training {shlex.quote(f'{branch}={file}')}" for branch, file in TRAININGS.items()),
    shell:
        "python workflow/scripts/log_scores.py --code {params.code} --metrics {input.metrics:q} --table {input.table:q}"
        " {params.held_out} {params.trainings} --tracking {resources.tracking:q}"
        " --experiment {resources.experiment:q} --place {resources.place:q} --out {output:q} 2>&1 | tee {log:q} >&2"
