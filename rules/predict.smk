# NEEDS  a trained branch, manifest, the artifacts that its streams are made from
# GIVES  predictions/<corpus>/<system>/<track>/<branch>/<fold>-<seed>/<split>.parquet, <split>-without-<stream>.parquet

PREDICTION = f"{RUN.system.name}-{{track}}-{{branch}}-{{fold}}-{{seed}}-{{split}}{{without}}"


rule predict:
    """One branch's scores for every decoded frame of every subject of a split; where asked as if no face, body or
    sound had been found in any."""
    input:
        lambda w: of_streams(w, w.split),
        lambda w: features_read(of_run(w), w.split, stills=False),
        model=lambda w: model(w.track, w.branch, "model.safetensors", f"{w.fold}-{w.seed}"),
        settings=lambda w: model(w.track, w.branch, "branch.json", f"{w.fold}-{w.seed}"),
        manifest=manifest,
    output:
        f"predictions/{SYSTEM}/{{track}}/{{branch}}/{{fold}}-{{seed}}/{{split}}{{without}}.parquet",
    log:
        f"{LOGS}/predict/{PREDICTION}.log",
    benchmark:
        f"{TIMES}/predict/{PREDICTION}.tsv"
    conda:
        "../envs/train.yaml"
    threads: RUN.device.threads
    resources:
        gpu=min(RUN.device.gpus, 1),
        mem_mb=2000,
        loader=text(RUN.loader),
    params:
        code=lambda w: code("predict", network_module(trained(w).network.name)),
        edition=RUN.edition,
        device=text(RUN.device),
        laying=lambda w: json.dumps((RUN.inference.tables if trained(w).overlappable else PAPER).said(), sort_keys=True),
        work=lambda w: WORK,
        features=lambda w: options("features", feature_folders(of_run(w))),
        without=lambda w: f"--without {w.without.rpartition('-')[2]}" if w.without else "",
        clip=lambda w: "--unclipped" if RUN.smooths(w.track, w.branch) and trained(w).postprocess.clip == "last" else "",
        model=subpath(input.model, parent=True),
    shell:
        "python workflow/scripts/on_gpu.py --gpus {resources.gpu} -- python workflow/scripts/predict.py"
        " --code {params.code}"
        " --track {wildcards.track} --edition {params.edition} --model {params.model:q} --manifest {input.manifest:q}"
        " --work {params.work:q} --split {wildcards.split} {params.without} {params.features} {params.clip}"
        " --laying {params.laying:q} --device {params.device:q} --loader {resources.loader:q} --out {output:q} 2> {log:q}"
