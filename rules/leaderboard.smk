# NEEDS  fusion weights, validation predictions, labels, branch.json of every scored branch; leaderboard entries of other runs
# GIVES  leaderboard_entries/<corpus>/<system>/<track>.json, results/leaderboard.{csv,md,html}


rule leaderboard_entry:
    """How the system stands on a track, in a place of its own: the next run of another system leaves it as it is."""
    input:
        weights=lambda w: planned(w).weights,
        labels=lambda w: planned(w).scored_labels,
        predictions=lambda w: list(planned(w).predictions("validation").values()),
        branches=lambda w: list(planned(w).described.values()),
    output:
        LAYOUT.leaderboard_entry("{track}"),
    log:
        LAYOUT.log(f"{{track}}/leaderboard_entry-{RUN.system.name}"),
    benchmark:
        LAYOUT.times(f"{{track}}/leaderboard_entry-{RUN.system.name}")
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("leaderboard_entry"),
        corpus=RUN.corpus.name,
        kind=RUN.corpus.kind,
        system=RUN.system.name,
        predictions=lambda w: options("prediction", planned(w).predictions("validation")),
        branches=lambda w: options("branch", planned(w).described),
        methods=lambda w: planned(w).methods_text,
        submitted=lambda w: planned(w).system.submit,
        notes=lambda w: json.dumps(planned(w).notes),
        scoring=settings_text(RUN.scoring),
        seed=RUN.seed,
    shell:
        "python workflow/scripts/leaderboard_entry.py --code {params.code} --corpus {params.corpus:q} --kind {params.kind}"
        " --system {params.system:q} --weights {input.weights:q} {params.predictions} {params.branches}"
        " --labels {input.labels:q} --methods {params.methods:q} --submitted {params.submitted:q}"
        " --notes {params.notes:q} --scoring {params.scoring:q} --seed {params.seed} --out {output:q} 2> {log:q}"


rule leaderboard:
    """All systems that were run in this folder: the entries of this run and of all others that lie here."""
    input:
        entries=lambda w: leaderboard_entries.every_entry(PLAN),
        assets=[str(ASSETS / "report.css"), str(PACKAGE / "report/leaderboard/assets/leaderboard.css")],
    output:
        table=result("leaderboard"),
        markdown=result("leaderboard", "md"),
        page=result("leaderboard", "html"),
    log:
        LAYOUT.log("leaderboard"),
    benchmark:
        LAYOUT.times("leaderboard")
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("leaderboard"),
        # The job sees by itself what is stale; here, that more or less has become so is a reason to run it.
        stale=lambda w: leaderboard_entries.stale_entries(PLAN),
    shell:
        "python workflow/scripts/leaderboard.py --code {params.code} --entries {input.entries:q}"
        " --out {output.table:q} --markdown {output.markdown:q} --page {output.page:q} 2> {log:q}"
