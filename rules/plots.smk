# NEEDS  metrics.csv of every trained branch; fusion weights, validation predictions, labels
# GIVES  results/training_curves.csv, results/trajectories.csv

CURVES = {b: f"models/{SYSTEM}/{b}/official-{RUN.seed}/metrics.csv" for b in RUN.system.branches}
if LISTING.labels:
    RESULTS += ["results/training_curves.csv", "results/trajectories.csv"]


rule training_curves:
    """The scores by epoch of every branch, in one table for `dvc plots`."""
    input:
        list(CURVES.values()),
    output:
        "results/training_curves.csv",
    log:
        f"{LOGS}/training_curves.log",
    benchmark:
        f"{TIMES}/training_curves.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        code=code("training_curves"),
        metrics=" ".join(f"--metrics {shlex.quote(f'{branch}={file}')}" for branch, file in CURVES.items()),
    shell:
        "python workflow/scripts/training_curves.py --code {params.code} {params.metrics} --out {output:q} 2> {log:q}"


rule trajectories:
    """Scores of the submitted method beside the annotations along a few validation subjects, for `dvc plots`."""
    input:
        weights=f"fusion/{SYSTEM}/weights.json",
        labels=f"{WORK}/labels.parquet",
        predictions=list(predictions("validation", SUBMITTED).values()),
    output:
        "results/trajectories.csv",
    log:
        f"{LOGS}/trajectories.log",
    benchmark:
        f"{TIMES}/trajectories.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("trajectories"),
        method=RUN.system.submit,
        predictions=named(predictions("validation", SUBMITTED)),
    shell:
        "python workflow/scripts/trajectories.py --code {params.code} --weights {input.weights:q}"
        " --method {params.method:q} {params.predictions} --labels {input.labels:q} --out {output:q} 2> {log:q}"
