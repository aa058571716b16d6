# NEEDS  fusion weights, predictions, labels, faces; results/demo_test_score_track<n>.json
# GIVES  results/{intervals,differences,missing,seeds,folds}_track<n>.csv, of intervals, seeds and folds .json, too;
#        results/<table of the paper>.{csv,md}

RESULTS += expand("results/{kind}_track{number}.csv", kind=["intervals", "differences", "missing"], number=LABELLED)
RESULTS += expand("results/seeds_track{number}.csv", number=LABELLED if RUN.seeds > 1 else [])
RESULTS += expand("results/folds_track{number}.csv", number=LABELLED if RUN.folds else [])
TABLES = {
    name: table
    for name, table in RUN.system.tables.items()
    if any(track in table.tracks for track in LABELLED.values())
}
RESULTS += expand("results/{table}.{suffix}", table=TABLES, suffix=["csv", "md"])


rule intervals:
    """How sure the validation scores are, what pairs of methods differ by, and what control predictors score."""
    input:
        weights=weights,
        labels=scored_labels,
        predictions=lambda w: list(predictions(w, "validation").values()),
    output:
        intervals="results/intervals_track{number}.csv",
        figures="results/intervals_track{number}.json",
        differences="results/differences_track{number}.csv",
    log:
        f"{LOGS}/intervals_track{{number}}.log",
    benchmark:
        f"{TIMES}/intervals_track{{number}}.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("intervals"),
        method=shown,
        notes=branch_notes,
        scoring=text(RUN.scoring),
        seed=RUN.seed,
        predictions=lambda w: named(predictions(w, "validation")),
    shell:
        "python workflow/scripts/intervals.py --code {params.code} --weights {input.weights:q} {params.predictions}"
        " --labels {input.labels:q} --method {params.method:q} --notes {params.notes:q} --scoring {params.scoring:q}"
        " --seed {params.seed} --out {output.intervals:q} --differences {output.differences:q} 2> {log:q}"


rule missing:
    """The validation scores where face, body or sound is absent: the same models, the same weights."""
    input:
        lambda w: sorted({path for its in conditions(w).values() for path in its.values()}),
        lambda w: of_artifact("faces", track_name(w), "validation") if manifest_of_frames(w) else [],
        weights=weights,
        labels=scored_labels,
        manifest=manifest_of_frames,
    output:
        "results/missing_track{number}.csv",
    log:
        f"{LOGS}/missing_track{{number}}.log",
    benchmark:
        f"{TIMES}/missing_track{{number}}.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("missing"),
        conditions=lambda w: json.dumps(conditions(w)),
        faces=lambda w, input: f"--manifest {shlex.quote(input.manifest[0])} --work {WORK}" if input.manifest else "",
        scoring=text(RUN.scoring),
        seed=RUN.seed,
    shell:
        "python workflow/scripts/missing.py --code {params.code} --weights {input.weights:q}"
        " --conditions {params.conditions:q} --labels {input.labels:q} {params.faces}"
        " --scoring {params.scoring:q} --seed {params.seed} --out {output:q} 2> {log:q}"


rule spread:
    """The validation scores over several seeds or folds, with mean and deviation."""
    input:
        lambda w: list(runs_of(w).values()),
        official=lambda w: [weights(w)] if w.kind == "folds" else [],
    output:
        table="results/{kind}_track{number}.csv",
        figures="results/{kind}_track{number}.json",
    log:
        f"{LOGS}/{{kind}}_track{{number}}.log",
    benchmark:
        f"{TIMES}/{{kind}}_track{{number}}.tsv"
    wildcard_constraints:
        kind="seeds|folds",
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("spread"),
        weights=lambda w: options("weights", runs_of(w)),
        official=lambda w: f"--official {shlex.quote(weights(w))}" if w.kind == "folds" else "",
    shell:
        "python workflow/scripts/spread.py --code {params.code} {params.weights} {params.official}"
        " --out {output.table:q} 2> {log:q}"


rule paper_table:
    """A table of the paper, all rows: ours with intervals or deviations, the paper's, and the difference; of a test split
    ours on validation, too."""
    input:
        lambda w: list(table_scores(w).values()),
        lambda w: list(table_validation(w).values()),
    output:
        table="results/{table}.csv",
        markdown="results/{table}.md",
    log:
        f"{LOGS}/{{table}}.log",
    benchmark:
        f"{TIMES}/{{table}}.tsv"
    wildcard_constraints:
        table="|".join(map(re.escape, TABLES)) or "none",
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("paper_table"),
        settings=lambda w: text(TABLES[w.table]),
        systems=lambda w: json.dumps(table_systems(w)),
        edition=RUN.edition,
        corpus=NAME,
        kind=KIND,
        scores=lambda w: options("scores", table_scores(w)),
        validation=lambda w: options("validation", table_validation(w)),
    shell:
        "python workflow/scripts/paper_table.py --code {params.code} --table {params.settings:q}"
        " --systems {params.systems:q} --edition {params.edition} {params.scores} {params.validation}"
        " --corpus {params.corpus:q} --kind {params.kind} --out {output.table:q} --markdown {output.markdown:q}"
        " 2> {log:q}"
