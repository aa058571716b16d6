# NEEDS  label files; videos/<shard>.parquet of every shard
# GIVES  labels.parquet, manifest.parquet


rule labels:
    """Reads every label file strictly, before any long work: a bad line stops the run here."""
    input:
        [literal(path) for path in LISTING.labels.values()],
    output:
        f"{WORK}/labels.parquet",
    log:
        f"{LOGS}/labels.log",
    benchmark:
        f"{TIMES}/labels.tsv"
    priority: 30
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("labels"),
        labels=option([{"subject": s, "split": LISTING.splits[s], "path": str(p)} for s, p in LISTING.labels.items()]),
    shell:
        "python workflow/scripts/labels.py --code {params.code} --label {params.labels:q} --out {output:q} 2> {log:q}"


rule manifest:
    """One row a subject: its video, split and frames, with label rows and decoded frames reconciled."""
    input:
        videos=of_shards("videos", "parquet"),
        labels=f"{WORK}/labels.parquet",
    output:
        f"{WORK}/manifest.parquet",
    log:
        f"{LOGS}/manifest.log",
    benchmark:
        f"{TIMES}/manifest.tsv"
    priority: 20
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        code=code("manifest"),
        tolerance=TOLERANCE,
        shards=option([{"shard": shard, "videos": [v.to_json() for v in videos]} for shard, videos in SHARDS.items()]),
        splits=option(LISTING.splits),
        labels=option({subject: str(path) for subject, path in LISTING.labels.items()}),
        videos=lambda w, input: Path(input.videos[0]).parent,
    shell:
        "python workflow/scripts/manifest.py --code {params.code} --shards {params.shards:q} --splits {params.splits:q}"
        " --videos {params.videos:q} --labels {input.labels:q} --label-files {params.labels:q}"
        " --tolerance {params.tolerance} --out {output:q} 2> {log:q}"
