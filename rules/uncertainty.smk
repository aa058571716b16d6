# NEEDS  fusion weights, predictions, labels, faces; results/demo_test_score_track<n>.json
# GIVES  results/{intervals,differences,modality_ablation,seeds,folds}_track<n>.csv, of intervals, seeds and folds .json, too;
#        results/<table of the paper>.{csv,md}

TABLES = tables.tables(PLAN)


rule intervals:
    """How sure the validation scores are, what pairs of methods differ by, and what control predictors score."""
    input:
        weights=lambda w: planned(w).weights,
        labels=lambda w: planned(w).scored_labels,
        predictions=lambda w: list(planned(w).predictions("validation").values()),
    output:
        intervals=track_result("intervals"),
        figures=track_result("intervals", suffix="json"),
        differences=track_result("differences"),
    log:
        LAYOUT.log("intervals_track{number}"),
    benchmark:
        LAYOUT.times("intervals_track{number}")
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("intervals"),
        method=lambda w: planned(w).system.shown,
        notes=lambda w: json.dumps(planned(w).notes),
        scoring=settings_text(RUN.scoring),
        seed=RUN.seed,
        predictions=lambda w: options("prediction", planned(w).predictions("validation")),
    shell:
        "python workflow/scripts/intervals.py --code {params.code} --weights {input.weights:q} {params.predictions}"
        " --labels {input.labels:q} --method {params.method:q} --notes {params.notes:q} --scoring {params.scoring:q}"
        " --seed {params.seed} --out {output.intervals:q} --differences {output.differences:q} 2> {log:q}"


rule modality_ablation:
    """The validation scores where face, body or sound is absent: the same models, the same weights."""
    input:
        lambda w: planned(w).all_conditions,
        lambda w: planned(w).faces_of_frames,
        weights=lambda w: planned(w).weights,
        labels=lambda w: planned(w).scored_labels,
        manifest=lambda w: planned(w).frame_manifest,
    output:
        track_result("modality_ablation"),
    log:
        LAYOUT.log("modality_ablation_track{number}"),
    benchmark:
        LAYOUT.times("modality_ablation_track{number}")
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("modality_ablation"),
        conditions=lambda w: json.dumps(planned(w).conditions),
        faces=lambda w, input: (
            f"--manifest {shlex.quote(input.manifest[0])} --work {LAYOUT.work}" if input.manifest else ""
        ),
        scoring=settings_text(RUN.scoring),
        seed=RUN.seed,
    shell:
        "python workflow/scripts/modality_ablation.py --code {params.code} --weights {input.weights:q}"
        " --conditions {params.conditions:q} --labels {input.labels:q} {params.faces}"
        " --scoring {params.scoring:q} --seed {params.seed} --out {output:q} 2> {log:q}"


rule spread:
    """The validation scores over several seeds or folds, with mean and deviation."""
    input:
        lambda w: list(planned(w).weights_of_runs(w.kind).values()),
        official=lambda w: [planned(w).weights] if w.kind == "folds" else [],
    output:
        table=track_result("{kind}"),
        figures=track_result("{kind}", suffix="json"),
    log:
        LAYOUT.log("{kind}_track{number}"),
    benchmark:
        LAYOUT.times("{kind}_track{number}")
    wildcard_constraints:
        kind="seeds|folds",
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("spread"),
        weights=lambda w: options("weights", planned(w).weights_of_runs(w.kind)),
        official=lambda w: repeated("official", [planned(w).weights] if w.kind == "folds" else []),
    shell:
        "python workflow/scripts/spread.py --code {params.code} {params.weights} {params.official}"
        " --out {output.table:q} 2> {log:q}"


rule paper_table:
    """A table of the paper, all rows: ours with intervals or deviations, the paper's, and the difference; of a test split
    ours on validation, too."""
    input:
        lambda w: list(tables.scores(PLAN, TABLES[w.table]).values()),
        lambda w: list(tables.validation(PLAN, TABLES[w.table]).values()),
    output:
        table=result("{table}"),
        markdown=result("{table}", "md"),
    log:
        LAYOUT.log("{table}"),
    benchmark:
        LAYOUT.times("{table}")
    wildcard_constraints:
        table="|".join(map(re.escape, TABLES)) or "none",
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("paper_table"),
        settings=lambda w: settings_text(TABLES[w.table]),
        systems=lambda w: json.dumps(tables.systems(PLAN, TABLES[w.table])),
        edition=RUN.edition,
        corpus=RUN.corpus.name,
        kind=PLAN.kind,
        scores=lambda w: options("scores", tables.scores(PLAN, TABLES[w.table])),
        validation=lambda w: options("validation", tables.validation(PLAN, TABLES[w.table])),
    shell:
        "python workflow/scripts/paper_table.py --code {params.code} --table {params.settings:q}"
        " --systems {params.systems:q} --edition {params.edition} {params.scores} {params.validation}"
        " --corpus {params.corpus:q} --kind {params.kind} --out {output.table:q} --markdown {output.markdown:q}"
        " 2> {log:q}"
