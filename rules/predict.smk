# NEEDS  a trained branch, manifest, the artifacts that its streams are made from
# GIVES  predictions/<corpus>/<system>/<track>/<branch>/<fold>-<seed>/<split>.parquet, <split>-without-<stream>.parquet

PREDICTION = f"{RUN.system.name}-{{track}}-{{branch}}-{{fold}}-{{seed}}-{{split}}{{without}}"


rule predict:
    """One branch's scores for every decoded frame of every subject of a split; where asked as if no face, body or
    sound had been found in any."""
    input:
        lambda w: planned(w).artifacts(w.split),
        lambda w: planned(w).training.features(w.split, stills=False),
        model=lambda w: planned(w).model(MODEL),
        settings=lambda w: planned(w).model(SETTINGS),
        manifest=lambda w: LAYOUT.manifest(w.track, w.fold),
    output:
        LAYOUT.prediction(ANY_RUN.of("{branch}"), "{split}{without}"),
    log:
        LAYOUT.log(f"predict/{PREDICTION}"),
    benchmark:
        LAYOUT.times(f"predict/{PREDICTION}")
    conda:
        "../envs/train.yaml"
    threads: RUN.device.threads
    resources:
        gpu=min(RUN.device.gpus, 1),
        mem_mb=2000,
        loader=settings_text(RUN.loader),
    params:
        code=lambda w: code("predict", network_module(planned(w).branch.network.name)),
        edition=RUN.edition,
        device=settings_text(RUN.device),
        windowing=lambda w: planned(w).windowing,
        work=lambda w: LAYOUT.work,
        features=lambda w: options("features", planned(w).training.feature_folders),
        without=lambda w: f"--without {w.without.rpartition('-')[2]}" if w.without else "",
        clip=lambda w: planned(w).clip,
        model=subpath(input.model, parent=True),
    shell:
        "python workflow/scripts/on_gpu.py --gpus {resources.gpu} -- python workflow/scripts/predict.py"
        " --code {params.code}"
        " --track {wildcards.track} --edition {params.edition} --model {params.model:q} --manifest {input.manifest:q}"
        " --work {params.work:q} --split {wildcards.split} {params.without} {params.features} {params.clip}"
        " --windowing {params.windowing:q} --device {params.device:q} --loader {resources.loader:q} --out {output:q} 2> {log:q}"
