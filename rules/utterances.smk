# NEEDS  utterances/given.parquet and the manifest of clips; a branch's predictions of frames
# GIVES  <track>/labels.parquet, <track>/utterances/{labels,manifest}.parquet,
#        predictions/<corpus>/<system>/<track>/<branch>/<fold>-<seed>/utterances/{postprocess.json,<split>.parquet},
#        results/test_track<n>.csv, submission/track<n>/ (in place of submit's)


ruleorder: submit_utterances > submit


OF_BRANCH = f"{RUN.system.name}-{{track}}-{{branch}}-{{fold}}-{{seed}}"
BY_FRAME = f"predictions/{SYSTEM}/{{track}}/{{branch}}/{{fold}}-{{seed}}"


rule lay_labels:
    """The annotation of an utterance on every decoded frame of it: what networks learn from."""
    input:
        videos=of_shards("videos", "parquet"),
        labels=GIVEN_LABELS,
    output:
        f"{WORK}/{{track}}/labels.parquet",
    log:
        f"{LOGS}/{{track}}/lay_labels.log",
    benchmark:
        f"{TIMES}/{{track}}/lay_labels.tsv"
    priority: 20
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("lay_labels"),
        track=track_options,
        shards=option(list(SHARDS)),
        videos=lambda w, input: Path(input.videos[0]).parent,
    shell:
        "python workflow/scripts/lay_labels.py --code {params.code} {params.track} --labels {input.labels:q}"
        " --videos {params.videos:q} --shards {params.shards:q} --out {output:q} 2> {log:q}"


rule utterance_tables:
    """Labels and manifest with a row an utterance and a row a video: what fusion and scores see."""
    input:
        labels=GIVEN_LABELS,
        manifest=f"{WORK}/{{track}}/manifest.parquet",
    output:
        labels=f"{WORK}/{{track}}/utterances/labels.parquet",
        manifest=f"{WORK}/{{track}}/utterances/manifest.parquet",
    log:
        f"{LOGS}/{{track}}/utterance_tables.log",
    benchmark:
        f"{TIMES}/{{track}}/utterance_tables.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("utterance_tables"),
        track=track_options,
    shell:
        "python workflow/scripts/utterance_tables.py --code {params.code} {params.track} --given {input.labels:q}"
        " --manifest {input.manifest:q} --labels {output.labels:q} --videos {output.manifest:q} 2> {log:q}"


rule postprocess:
    """Finds, on validation, which steps of post-processing improve a branch's scores of utterances."""
    input:
        predictions=f"{BY_FRAME}/validation.parquet",
        labels=f"{WORK}/{{track}}/utterances/labels.parquet",
    output:
        f"{BY_FRAME}/utterances/postprocess.json",
    log:
        f"{LOGS}/postprocess/{OF_BRANCH}.log",
    benchmark:
        f"{TIMES}/postprocess/{OF_BRANCH}.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("postprocess"),
        track=track_options,
        length=lambda w: system(w).branches[w.branch].sequence.length,
        settings=lambda w: text(system(w).branches[w.branch].postprocess, "mean"),
    shell:
        "python workflow/scripts/postprocess.py --code {params.code} {params.track}"
        " --predictions {input.predictions:q} --labels {input.labels:q} --length {params.length}"
        " --postprocess {params.settings:q} --out {output:q} 2> {log:q}"


rule utterances:
    """A branch's scores of utterances: medians of sequences, their mean, and the steps that were kept."""
    input:
        predictions=f"{BY_FRAME}/{{split}}{{without}}.parquet",
        steps=f"{BY_FRAME}/utterances/postprocess.json",
    output:
        f"{BY_FRAME}/utterances/{{split}}{{without}}.parquet",
    log:
        f"{LOGS}/utterances/{OF_BRANCH}-{{split}}{{without}}.log",
    benchmark:
        f"{TIMES}/utterances/{OF_BRANCH}-{{split}}{{without}}.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("utterances"),
    shell:
        "python workflow/scripts/utterances.py --code {params.code} --predictions {input.predictions:q}"
        " --steps {input.steps:q} --out {output:q} 2> {log:q}"


rule submit_utterances:
    """The test scores of utterances, as one table and in the form of the organisers of OMG-Emotion."""
    input:
        fused=fused_test,
        weights=weights,
        manifest=scored_manifest,
        clips=manifest,
        sample=lambda w: literal(LISTINGS[track_name(w)].sample),
    output:
        table="results/test_track{number}.csv",
        submission=directory("results/submission/track{number}"),
    log:
        f"{LOGS}/submit_track{{number}}.log",
    benchmark:
        f"{TIMES}/submit_track{{number}}.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("submit_utterances"),
        method=lambda w: system(w).submit,
    shell:
        "python workflow/scripts/submit_utterances.py --code {params.code} --fused {input.fused:q}"
        " --weights {input.weights:q} --method {params.method:q} --manifest {input.manifest:q} --clips {input.clips:q}"
        " --sample {input.sample:q} --table {output.table:q} --submission {output.submission:q} 2> {log:q}"
