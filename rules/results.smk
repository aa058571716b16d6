# NEEDS  fusion/<corpus>/<system>/<track>/, validation predictions, labels
# GIVES  results/validation_track<n>.{csv,json}, metrics.json, test_track<n>.csv, submission/track<n>/,
#        demo_test_score_track<n>.json


rule score:
    """The validation table of a track: every method beside the paper's figures."""
    input:
        weights=lambda w: planned(w).weights,
        labels=lambda w: planned(w).scored_labels,
        predictions=lambda w: list(planned(w).predictions("validation").values()),
    output:
        table=report(
            track_result("validation"),
            caption="../docs/captions/validation.rst",
            category="Scores",
            labels={"track": "{number}", "split": "validation"},
        ),
        metrics=track_result("validation", suffix="json"),
    log:
        LAYOUT.log("score_track{number}"),
    benchmark:
        LAYOUT.times("score_track{number}")
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("score"),
        corpus=RUN.corpus.name,
        methods=lambda w: planned(w).methods_text,
        notes=lambda w: json.dumps(planned(w).notes),
        predictions=lambda w: options("prediction", planned(w).predictions("validation")),
        by_video="--by-video" if RUN.per_utterance else "",
    shell:
        "python workflow/scripts/score.py --code {params.code} --weights {input.weights:q} {params.predictions}"
        " {params.by_video} --labels {input.labels:q} --methods {params.methods:q} --notes {params.notes:q} --corpus {params.corpus:q}"
        " --table {output.table:q} --metrics {output.metrics:q} 2> {log:q}"


rule metrics:
    """The validation scores of all tracks in one file, for `dvc metrics`."""
    input:
        [track_result("validation", number, "json") for number in PLAN.labelled],
    output:
        result("metrics", "json"),
    log:
        LAYOUT.log("metrics"),
    benchmark:
        LAYOUT.times("metrics")
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
        fused=lambda w: planned(w).fused_test,
        weights=lambda w: planned(w).weights,
        manifest=lambda w: planned(w).manifest,
        lists=lambda w: [literal(path) for path in planned(w).official_lists.values()],
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
        code=code("submit"),
        method=lambda w: planned(w).system.submit,
        lists=lambda w: " ".join(repeated(name, [path]) for name, path in planned(w).official_lists.items()),
    shell:
        "python workflow/scripts/submit.py --code {params.code} --fused {input.fused:q} --weights {input.weights:q}"
        " --method {params.method:q} --manifest {input.manifest:q} {params.lists}"
        " --table {output.table:q} --submission {output.submission:q} 2> {log:q}"


rule score_held_out:
    """The demo's test scores, from labels that nothing else reads; they say nothing about people."""
    input:
        predictions=lambda w: list(planned(w).predictions("test", planned(w).tested).values()),
        weights=lambda w: planned(w).weights,
        labels=lambda w: planned(w).held_out_labels,
    output:
        report(
            track_result("demo_test_score", suffix="json"),
            caption="../docs/captions/held_out.rst",
            category="Scores",
            labels={"track": "{number}", "split": "test (demo)"},
        ),
    log:
        LAYOUT.log("score_held_out_track{number}"),
    benchmark:
        LAYOUT.times("score_held_out_track{number}")
    wildcard_constraints:
        number="|".join(PLAN.held_out) or "none",
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("score_held_out"),
        method=lambda w: planned(w).system.submit,
        corpus=RUN.corpus.name,
        tolerance=PLAN.tolerance,
        scoring=settings_text(RUN.scoring),
        seed=RUN.seed,
        predictions=lambda w: options("prediction", planned(w).predictions("test", planned(w).tested)),
        held_out=lambda w: planned(w).listing.held_out,
    shell:
        "python workflow/scripts/score_held_out.py --code {params.code} {params.predictions}"
        " --held-out {params.held_out:q} --weights {input.weights:q} --method {params.method:q}"
        " --corpus {params.corpus:q} --tolerance {params.tolerance} --scoring {params.scoring:q} --seed {params.seed}"
        " --out {output:q} 2> {log:q}"
