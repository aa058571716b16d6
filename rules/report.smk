# NEEDS  results/*.csv, fusion weights, validation predictions and labels of every track; frames, faces, body, preview
# GIVES  results/report.html

RESULTS.append("results/report.html")
# Result tables that the page shows, where the run has them.
SHOWN = re.compile(r"results/((validation|intervals|differences|missing|seeds|folds)_track\d|table\d)\.(csv|md)")
ASSETS = PACKAGE / "report/run_page/assets"


rule report:
    """The whole run as one page that opens offline: scores, curves, data quality and what was run."""
    input:
        manifests=[f"{WORK}/{track}/manifest.parquet" for track in RUN.used],
        weights=lambda w: list(of_tracks(weights).values()),
        labels=lambda w: list(of_tracks(scored_labels).values()),
        clip_labels=lambda w: list(of_tracks(labels).values()) if PER_UTTERANCE else [],
        predictions=lambda w: list(shown_predictions().values()),
        curves=expand("results/training_curves_track{number}.csv", number=LABELLED),
        tables=lambda w: list(filter(SHOWN.fullmatch, RESULTS)),
        videos=of_shards("videos", "parquet"),
        frames=of_shards("frames", "arrow"),
        faces=of_shards("faces", "arrow"),
        body=of_shards("body", "parquet"),
        previews=of_shards("preview", "jpg"),
        assets=[str(path) for path in sorted(ASSETS.iterdir())],
    output:
        report("results/report.html", caption="../docs/captions/report.rst", category="Report"),
    log:
        f"{LOGS}/report.log",
    benchmark:
        f"{TIMES}/report.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=2000,
    params:
        code=code("report"),
        corpus=NAME,
        system=RUN.system.name,
        edition=RUN.edition,
        work=lambda w: WORK,
        manifests=options("manifest", {track: f"{WORK}/{track}/manifest.parquet" for track in RUN.used}),
        tracks=lambda w: " ".join(
            [
                options("weights", of_tracks(weights)),
                options("labels", of_tracks(scored_labels)),
                options("clip-labels", of_tracks(labels) if PER_UTTERANCE else {}),
                options("curves", {t: f"results/training_curves_track{n}.csv" for n, t in LABELLED.items()}),
                options("prediction", shown_predictions()),
            ]
        ),
        methods=json.dumps({track: RUN.used[track].shown for track in LABELLED.values()}),
        notes=lambda w: json.dumps({track: json.loads(text) for track, text in of_tracks(branch_notes).items()}),
        left_out=option(notes(LISTINGS)),
    shell:
        "python workflow/scripts/report.py --code {params.code} --corpus {params.corpus:q} --system {params.system:q}"
        " --edition {params.edition} --work {params.work:q} {params.manifests} {params.tracks} --tables {input.tables:q}"
        " --methods {params.methods:q} --notes {params.notes:q} --left-out {params.left_out:q} --out {output:q} 2> {log:q}"
