# NEEDS  utterances/as_read.parquet and the manifest of clips; a branch's predictions of frames
# GIVES  <track>/labels.parquet, <track>/utterances/{labels,manifest}.parquet,
#        predictions/<corpus>/<system>/<track>/<branch>/<fold>-<seed>/utterances/{postprocess.json,<split>.parquet},
#        results/test_track<n>.csv, submission/track<n>/ (in place of submit's)


ruleorder: submit_utterances > submit


BY_FRAME = ANY_RUN.of("{branch}")
OF_BRANCH = f"{RUN.system.name}-{BY_FRAME.name}"


rule expand_labels:
    """The annotation of an utterance on every decoded frame of it: what networks learn from."""
    input:
        videos=PLAN.of_shards("videos"),
        labels=PLAN.labels_as_read,
    output:
        LAYOUT.labels(),
    log:
        LAYOUT.log("{track}/expand_labels"),
    benchmark:
        LAYOUT.times("{track}/expand_labels")
    priority: 20
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("expand_labels"),
        track=lambda w: planned(w).options,
        shards=long_text(list(PLAN.shards)),
        videos=lambda w, input: Path(input.videos[0]).parent,
    shell:
        "python workflow/scripts/expand_labels.py --code {params.code} {params.track} --labels {input.labels:q}"
        " --videos {params.videos:q} --shards {params.shards:q} --out {output:q} 2> {log:q}"


rule utterance_tables:
    """Labels and manifest with a row an utterance and a row a video: what fusion and scores see."""
    input:
        labels=PLAN.labels_as_read,
        manifest=LAYOUT.manifest(),
    output:
        labels=LAYOUT.utterance_labels(),
        manifest=LAYOUT.utterance_manifest(),
    log:
        LAYOUT.log("{track}/utterance_tables"),
    benchmark:
        LAYOUT.times("{track}/utterance_tables")
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("utterance_tables"),
        track=lambda w: planned(w).options,
    shell:
        "python workflow/scripts/utterance_tables.py --code {params.code} {params.track} --utterance-labels {input.labels:q}"
        " --manifest {input.manifest:q} --labels {output.labels:q} --videos {output.manifest:q} 2> {log:q}"


rule postprocess:
    """Finds, on validation, which steps of post-processing improve a branch's scores of utterances."""
    input:
        predictions=LAYOUT.prediction(BY_FRAME, "validation"),
        labels=LAYOUT.utterance_labels(),
    output:
        LAYOUT.postprocess(BY_FRAME),
    log:
        LAYOUT.log(f"postprocess/{OF_BRANCH}"),
    benchmark:
        LAYOUT.times(f"postprocess/{OF_BRANCH}")
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("postprocess"),
        track=lambda w: planned(w).options,
        length=lambda w: planned(w).branch.sequence.length,
        settings=lambda w: settings_text(planned(w).branch.postprocess, "mean"),
    shell:
        "python workflow/scripts/postprocess.py --code {params.code} {params.track}"
        " --predictions {input.predictions:q} --labels {input.labels:q} --length {params.length}"
        " --postprocess {params.settings:q} --out {output:q} 2> {log:q}"


rule utterances:
    """A branch's scores of utterances: medians of sequences, their mean, and the steps that were kept."""
    input:
        predictions=LAYOUT.prediction(BY_FRAME, "{split}{without}"),
        steps=LAYOUT.postprocess(BY_FRAME),
    output:
        LAYOUT.prediction(BY_FRAME, "{split}{without}", "utterances"),
    log:
        LAYOUT.log(f"utterances/{OF_BRANCH}-{{split}}{{without}}"),
    benchmark:
        LAYOUT.times(f"utterances/{OF_BRANCH}-{{split}}{{without}}")
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
        fused=lambda w: planned(w).fused_test,
        weights=lambda w: planned(w).weights,
        manifest=lambda w: planned(w).scored_manifest,
        clips=lambda w: planned(w).manifest,
        sample=lambda w: planned(w).sample,
    output:
        table=track_result("test"),
        submission=directory(submission()),
    log:
        LAYOUT.log("submit_track{number}"),
    benchmark:
        LAYOUT.times("submit_track{number}")
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("submit_utterances"),
        method=lambda w: planned(w).system.submit,
    shell:
        "python workflow/scripts/submit_utterances.py --code {params.code} --fused {input.fused:q}"
        " --weights {input.weights:q} --method {params.method:q} --manifest {input.manifest:q} --clips {input.clips:q}"
        " --sample {input.sample:q} --table {output.table:q} --submission {output.submission:q} 2> {log:q}"
