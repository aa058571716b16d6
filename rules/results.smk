# NEEDS  fusion/<corpus>/<system>/<track>/, validation predictions, labels
# GIVES  results/validation_track<n>.csv, metrics.json, test_track<n>.csv, submission/track<n>/, demo_test_score.json

# A corpus without labels has nothing to train or score: its videos are preprocessed, and `affectflow predict` scores
# them with a system that was trained on another.
RESULTS = [f"{WORK}/manifest.parquet"]
if LISTING.labels:
    RESULTS += [f"results/test_track{TRACK}.csv", f"results/validation_track{TRACK}.csv"]
if LISTING.held_out:
    RESULTS += ["results/demo_test_score.json"]


rule score:
    """The validation table: every method beside the paper's figures."""
    input:
        weights=f"fusion/{SYSTEM}/weights.json",
        labels=f"{WORK}/labels.parquet",
        predictions=list(predictions("validation", RUN.system.branches).values()),
    output:
        table=f"results/validation_track{TRACK}.csv",
        metrics="results/metrics.json",
    log:
        f"{LOGS}/score.log",
    benchmark:
        f"{TIMES}/score.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("score"),
        corpus=NAME,
        methods=json.dumps({title: m.model_dump(mode="json") for title, m in RUN.system.methods.items()}),
        predictions=named(predictions("validation", RUN.system.branches)),
    shell:
        "python workflow/scripts/score.py --code {params.code} --weights {input.weights:q} {params.predictions}"
        " --labels {input.labels:q}"
        " --methods {params.methods:q} --corpus {params.corpus:q} --table {output.table:q}"
        " --metrics {output.metrics:q} 2> {log:q}"


rule submit:
    """The test scores, as one table and in both official forms."""
    input:
        fused=f"fusion/{SYSTEM}/test.parquet",
        manifest=f"{WORK}/manifest.parquet",
        lists=[literal(path) for path in (LISTING.test_list, LISTING.sample) if path],
    output:
        table=f"results/test_track{TRACK}.csv",
        submission=directory(f"results/submission/track{TRACK}"),
    log:
        f"{LOGS}/submit.log",
    benchmark:
        f"{TIMES}/submit.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("submit"),
        lists=" ".join(
            f"{option} {shlex.quote(str(path))}"
            for option, path in (("--test-list", LISTING.test_list), ("--sample", LISTING.sample))
            if path
        ),
    shell:
        "python workflow/scripts/submit.py --code {params.code} --fused {input.fused:q}"
        " --manifest {input.manifest:q} {params.lists}"
        " --table {output.table:q} --submission {output.submission:q} 2> {log:q}"


rule score_held_out:
    """The demo's test score, from labels that nothing else reads; it says nothing about people."""
    input:
        fused=f"fusion/{SYSTEM}/test.parquet",
        weights=f"fusion/{SYSTEM}/weights.json",
        labels=[
            literal(f"{LISTING.held_out}/{subject}.txt") for subject in LISTING.subjects("test") if LISTING.held_out
        ],
    output:
        "results/demo_test_score.json",
    log:
        f"{LOGS}/score_held_out.log",
    benchmark:
        f"{TIMES}/score_held_out.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        code=code("score_held_out"),
        method=RUN.system.submit,
        corpus=NAME,
        tolerance=TOLERANCE,
        held_out=f"--held-out {shlex.quote(str(LISTING.held_out))}" if LISTING.held_out else "",
    shell:
        "python workflow/scripts/score_held_out.py --code {params.code} --fused {input.fused:q} {params.held_out}"
        " --weights {input.weights:q}"
        " --method {params.method:q} --corpus {params.corpus:q} --tolerance {params.tolerance}"
        " --out {output:q} 2> {log:q}"
