# NEEDS  fusion/<corpus>/<system>/<track>/, validation predictions, labels
# GIVES  results/validation_track<n>.{csv,json}, metrics.json, test_track<n>.csv, submission/track<n>/,
#        demo_test_score_track<n>.json

# A corpus without labels has nothing to train or score: its videos are preprocessed, and `affectflow predict` scores
# them with a system that was trained on another.
RESULTS = [f"{WORK}/{track}/manifest.parquet" for track in RUN.used]
HELD_OUT = {number: track for number, track in LABELLED.items() if LISTINGS[track].held_out}
if LABELLED:
    RESULTS += ["results/metrics.json"]
RESULTS += expand("results/test_track{number}.csv", number=TESTED)
RESULTS += expand("results/validation_track{number}.csv", number=LABELLED)
RESULTS += expand("results/demo_test_score_track{number}.json", number=HELD_OUT)


rule score:
    """The validation table of a track: every method beside the paper's figures."""
    input:
        weights=weights,
        labels=scored_labels,
        predictions=lambda w: list(predictions(w, "validation").values()),
    output:
        table=report(
            "results/validation_track{number}.csv",
            caption="../docs/captions/validation.rst",
            category="Scores",
            labels={"track": "{number}", "split": "validation"},
        ),
        metrics="results/validation_track{number}.json",
    log:
        f"{LOGS}/score_track{{number}}.log",
    benchmark:
        f"{TIMES}/score_track{{number}}.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("score"),
        corpus=NAME,
        methods=methods,
        notes=branch_notes,
        predictions=lambda w: named(predictions(w, "validation")),
        by_video="--by-video" if PER_UTTERANCE else "",
    shell:
        "python workflow/scripts/score.py --code {params.code} --weights {input.weights:q} {params.predictions}"
        " {params.by_video} --labels {input.labels:q} --methods {params.methods:q} --notes {params.notes:q} --corpus {params.corpus:q}"
        " --table {output.table:q} --metrics {output.metrics:q} 2> {log:q}"


rule metrics:
    """The validation scores of all tracks in one file, for `dvc metrics`."""
    input:
        expand("results/validation_track{number}.json", number=LABELLED),
    output:
        "results/metrics.json",
    log:
        f"{LOGS}/metrics.log",
    benchmark:
        f"{TIMES}/metrics.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("metrics"),
    shell:
        "python workflow/scripts/metrics.py --code {params.code} --scores {input:q} --out {output:q} 2> {log:q}"


rule submit:
    """The test scores of a track, as one table and in both official forms."""
    input:
        fused=fused_test,
        weights=weights,
        manifest=manifest,
        lists=lambda w: [literal(path) for path in official_lists(w).values()],
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
        code=code("submit"),
        method=lambda w: system(w).submit,
        lists=lambda w: " ".join(f"{name} {shlex.quote(str(path))}" for name, path in official_lists(w).items()),
    shell:
        "python workflow/scripts/submit.py --code {params.code} --fused {input.fused:q} --weights {input.weights:q}"
        " --method {params.method:q} --manifest {input.manifest:q} {params.lists}"
        " --table {output.table:q} --submission {output.submission:q} 2> {log:q}"


rule score_held_out:
    """The demo's test scores, from labels that nothing else reads; they say nothing about people."""
    input:
        predictions=lambda w: list(predictions(w, "test", tested(w)).values()),
        weights=weights,
        labels=held_out_labels,
    output:
        report(
            "results/demo_test_score_track{number}.json",
            caption="../docs/captions/held_out.rst",
            category="Scores",
            labels={"track": "{number}", "split": "test (demo)"},
        ),
    log:
        f"{LOGS}/score_held_out_track{{number}}.log",
    benchmark:
        f"{TIMES}/score_held_out_track{{number}}.tsv"
    wildcard_constraints:
        number="|".join(HELD_OUT) or "none",
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("score_held_out"),
        method=lambda w: system(w).submit,
        corpus=NAME,
        tolerance=TOLERANCE,
        scoring=text(RUN.scoring),
        seed=RUN.seed,
        predictions=lambda w: named(predictions(w, "test", tested(w))),
        held_out=lambda w: LISTINGS[HELD_OUT[w.number]].held_out,
    shell:
        "python workflow/scripts/score_held_out.py --code {params.code} {params.predictions}"
        " --held-out {params.held_out:q} --weights {input.weights:q} --method {params.method:q}"
        " --corpus {params.corpus:q} --tolerance {params.tolerance} --scoring {params.scoring:q} --seed {params.seed}"
        " --out {output:q} 2> {log:q}"
