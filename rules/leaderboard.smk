# NEEDS  fusion weights, validation predictions, labels, branch.json of every scored branch; standings of other runs
# GIVES  standings/<corpus>/<system>/<track>.json, results/leaderboard.{csv,md,html}

if LABELLED:
    RESULTS += expand("results/leaderboard.{suffix}", suffix=["csv", "md", "html"])


rule standing:
    """How the system stands on a track, in a place of its own: the next run of another system leaves it as it is."""
    input:
        weights=f"fusion/{SYSTEM}/{{track}}/{OFFICIAL}/weights.json",
        labels=scored_labels,
        predictions=lambda w: list(predictions(w, "validation").values()),
        branches=lambda w: list(described(w).values()),
    output:
        f"standings/{SYSTEM}/{{track}}.json",
    log:
        f"{LOGS}/{{track}}/standing-{RUN.system.name}.log",
    benchmark:
        f"{TIMES}/{{track}}/standing-{RUN.system.name}.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("standing"),
        corpus=NAME,
        kind=RUN.corpus.kind,
        system=RUN.system.name,
        predictions=lambda w: named(predictions(w, "validation")),
        branches=lambda w: options("branch", described(w)),
        methods=methods,
        submitted=lambda w: system(w).submit,
        notes=branch_notes,
        scoring=text(RUN.scoring),
        seed=RUN.seed,
    shell:
        "python workflow/scripts/standing.py --code {params.code} --corpus {params.corpus:q} --kind {params.kind}"
        " --system {params.system:q} --weights {input.weights:q} {params.predictions} {params.branches}"
        " --labels {input.labels:q} --methods {params.methods:q} --submitted {params.submitted:q}"
        " --notes {params.notes:q} --scoring {params.scoring:q} --seed {params.seed} --out {output:q} 2> {log:q}"


rule leaderboard:
    """All systems that were run in this folder: the standings of this run and of all others that lie here."""
    input:
        standings=lambda w: every_standing(),
        assets=[str(ASSETS / "report.css"), str(PACKAGE / "report/leaderboard/assets/leaderboard.css")],
    output:
        table="results/leaderboard.csv",
        markdown="results/leaderboard.md",
        page="results/leaderboard.html",
    log:
        f"{LOGS}/leaderboard.log",
    benchmark:
        f"{TIMES}/leaderboard.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("leaderboard"),
        # The job sees by itself what is stale; here, that more or less has become so is a reason to run it.
        stale=lambda w: stale_standings(),
    shell:
        "python workflow/scripts/leaderboard.py --code {params.code} --standings {input.standings:q}"
        " --out {output.table:q} --markdown {output.markdown:q} --page {output.page:q} 2> {log:q}"
