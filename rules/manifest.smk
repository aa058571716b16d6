# NEEDS  label files; videos/<shard>.parquet of every shard
# GIVES  <track>/labels.parquet (utterances/given.parquet), <track>/manifest.parquet, <track>/folds/<fold>.parquet

from affectflow.datasets.video.formats import is_partial, reader_modules, reader_settings


rule labels:
    """Reads every label file of a track strictly, before any long work: a bad line stops the run here."""
    input:
        lambda w: list(dict.fromkeys(literal(path) for its in LISTINGS[w.track].labels.values() for path in its)),
    output:
        GIVEN_LABELS,
    log:
        f"{LOGS}/{{track}}/labels.log",
    benchmark:
        f"{TIMES}/{{track}}/labels.tsv"
    priority: 30
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("labels", *reader_modules(RUN.corpus.kind)),
        track=track_options,
        format=RUN.corpus.kind,
        reader=json.dumps(reader_settings(RUN.corpus.model_dump(mode="json")), sort_keys=True),
        files=label_files,
        unused=lambda w: option([s for s in LISTINGS[w.track].subjects("test") if s in LISTINGS[w.track].labels]),
    shell:
        "python workflow/scripts/labels.py --code {params.code} {params.track} --format {params.format}"
        " --reader {params.reader:q} --label-files {params.files:q} --unused {params.unused:q}"
        " --out {output:q} 2> {log:q}"


rule manifest:
    """One row a subject: its video, split and frames, with label rows and decoded frames reconciled."""
    input:
        videos=of_shards("videos", "parquet"),
        labels=labels,
    output:
        f"{WORK}/{{track}}/manifest.parquet",
    log:
        f"{LOGS}/{{track}}/manifest.log",
    benchmark:
        f"{TIMES}/{{track}}/manifest.tsv"
    priority: 20
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("manifest"),
        track=track_options,
        tolerance=TOLERANCE,
        partial="--partial" if is_partial(RUN.corpus.kind) else "",
        unreadable=RUN.decode.unreadable,
        shards=option([{"shard": shard, "videos": [v.to_json() for v in videos]} for shard, videos in SHARDS.items()]),
        splits=lambda w: option(LISTINGS[w.track].splits),
        files=label_files,
        videos=lambda w, input: Path(input.videos[0]).parent,
    shell:
        "python workflow/scripts/manifest.py --code {params.code} {params.track} --shards {params.shards:q}"
        " --splits {params.splits:q} --videos {params.videos:q} --labels {input.labels:q}"
        " --label-files {params.files:q} --tolerance {params.tolerance} {params.partial}"
        " --unreadable {params.unreadable} --out {output:q} 2> {log:q}"


rule fold:
    """The manifest with other splits: one of equal parts of the training and validation subjects held out."""
    input:
        manifest=f"{WORK}/{{track}}/manifest.parquet",
        labels=labels,
    output:
        f"{WORK}/{{track}}/folds/fold{{part}}.parquet",
    log:
        f"{LOGS}/{{track}}/fold{{part}}.log",
    benchmark:
        f"{TIMES}/{{track}}/fold{{part}}.tsv"
    wildcard_constraints:
        part="[0-9]+",
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("fold"),
        track=track_options,
        folds=RUN.folds,
    shell:
        "python workflow/scripts/fold.py --code {params.code} {params.track} --manifest {input.manifest:q}"
        " --labels {input.labels:q} --count {params.folds} --fold {wildcards.part} --seed 0 --out {output:q} 2> {log:q}"
