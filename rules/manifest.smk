# NEEDS  label files; videos/<shard>.parquet of every shard
# GIVES  <track>/labels.parquet (utterances/as_read.parquet), <track>/manifest.parquet, <track>/folds/<fold>.parquet

from affectflow.datasets.video.formats import is_partial, reader_modules, reader_settings


rule labels:
    """Reads every label file of a track strictly, before any long work: a bad line stops the run here."""
    input:
        lambda w: planned(w).label_files,
    output:
        PLAN.labels_as_read,
    log:
        LAYOUT.log("{track}/labels"),
    benchmark:
        LAYOUT.times("{track}/labels")
    priority: 30
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("labels", *reader_modules(RUN.corpus.kind)),
        track=lambda w: planned(w).options,
        format=RUN.corpus.kind,
        reader=json.dumps(reader_settings(RUN.corpus.model_dump(mode="json")), sort_keys=True),
        files=lambda w: planned(w).label_files_text,
        unused=lambda w: planned(w).unused_labels_text,
    shell:
        "python workflow/scripts/labels.py --code {params.code} {params.track} --format {params.format}"
        " --reader {params.reader:q} --label-files {params.files:q} --unused {params.unused:q}"
        " --out {output:q} 2> {log:q}"


rule manifest:
    """One row a subject: its video, split and frames, with label rows and decoded frames reconciled."""
    input:
        videos=PLAN.of_shards("videos"),
        labels=LAYOUT.labels(),
    output:
        LAYOUT.manifest(),
    log:
        LAYOUT.log("{track}/manifest"),
    benchmark:
        LAYOUT.times("{track}/manifest")
    priority: 20
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("manifest"),
        track=lambda w: planned(w).options,
        tolerance=PLAN.tolerance,
        partial="--partial" if is_partial(RUN.corpus.kind) else "",
        unreadable=RUN.decode.unreadable,
        shards=PLAN.shards_text,
        splits=lambda w: planned(w).splits_text,
        files=lambda w: planned(w).label_files_text,
        videos=lambda w, input: Path(input.videos[0]).parent,
    shell:
        "python workflow/scripts/manifest.py --code {params.code} {params.track} --shards {params.shards:q}"
        " --splits {params.splits:q} --videos {params.videos:q} --labels {input.labels:q}"
        " --label-files {params.files:q} --tolerance {params.tolerance} {params.partial}"
        " --unreadable {params.unreadable} --out {output:q} 2> {log:q}"


rule fold:
    """The manifest with other splits: one of equal parts of the training and validation subjects held out."""
    input:
        manifest=LAYOUT.manifest(),
        labels=LAYOUT.labels(),
    output:
        LAYOUT.manifest(fold="fold{part}"),
    log:
        LAYOUT.log("{track}/fold{part}"),
    benchmark:
        LAYOUT.times("{track}/fold{part}")
    wildcard_constraints:
        part="[0-9]+",
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("fold"),
        track=lambda w: planned(w).options,
        folds=RUN.folds,
    shell:
        "python workflow/scripts/fold.py --code {params.code} {params.track} --manifest {input.manifest:q}"
        " --labels {input.labels:q} --count {params.folds} --fold {wildcards.part} --seed 0 --out {output:q} 2> {log:q}"
