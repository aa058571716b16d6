# NEEDS  results/*.csv, fusion weights, validation predictions and labels of every track; frames, faces, body, preview
# GIVES  results/report.html

LABELLED = targets.labelled(PLAN)
# Relative in a checkout, so that records are the same in all.
PACKAGE = package_folder(Path())
ASSETS = PACKAGE / "report/run_page/assets"


rule report:
    """The whole run as one page that opens offline: scores, curves, data quality and what was run."""
    input:
        manifests=[LAYOUT.manifest(track) for track in PLAN.used],
        weights=[its.weights for its in LABELLED.values()],
        labels=[its.scored_labels for its in LABELLED.values()],
        clip_labels=[its.labels for its in LABELLED.values() if RUN.per_utterance],
        predictions=lambda w: list(targets.shown_predictions(PLAN).values()),
        curves=[track_result("training_curves", number) for number in PLAN.labelled],
        tables=targets.shown_tables(PLAN),
        videos=PLAN.of_shards("videos"),
        frames=PLAN.of_shards("frames"),
        faces=PLAN.of_shards("faces"),
        body=PLAN.of_shards("body"),
        previews=PLAN.of_shards("preview"),
        assets=[str(path) for path in sorted(ASSETS.iterdir())],
    output:
        report(result("report", "html"), caption="../docs/captions/report.rst", category="Report"),
    log:
        LAYOUT.log("report"),
    benchmark:
        LAYOUT.times("report")
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code("report"),
        corpus=RUN.corpus.name,
        system=RUN.system.name,
        edition=RUN.edition,
        work=lambda w: LAYOUT.work,
        manifests=options("manifest", {track: LAYOUT.manifest(track) for track in PLAN.used}),
        tracks=lambda w: " ".join(
            [
                options("weights", {track: its.weights for track, its in LABELLED.items()}),
                options("labels", {track: its.scored_labels for track, its in LABELLED.items()}),
                options("clip-labels", {t: its.labels for t, its in LABELLED.items() if RUN.per_utterance}),
                options("curves", {t: track_result("training_curves", n) for n, t in PLAN.labelled.items()}),
                options("prediction", targets.shown_predictions(PLAN)),
            ]
        ),
        methods=json.dumps({track: its.system.shown for track, its in LABELLED.items()}),
        notes=lambda w: json.dumps({track: its.notes for track, its in LABELLED.items()}),
        left_out=long_text(notes(LISTINGS)),
    shell:
        "python workflow/scripts/report.py --code {params.code} --corpus {params.corpus:q} --system {params.system:q}"
        " --edition {params.edition} --work {params.work:q} {params.manifests} {params.tracks} --tables {input.tables:q}"
        " --methods {params.methods:q} --notes {params.notes:q} --left-out {params.left_out:q} --out {output:q} 2> {log:q}"
