# NEEDS  a trained branch, manifest, the artifacts that its streams are made from
# GIVES  predictions/<corpus>/<system>/<track>/<branch>/<fold>-<seed>/<split>.parquet


rule predict:
    """One branch's scores for every decoded frame of every subject of a split."""
    input:
        lambda w: of_streams(w.branch, w.split),
        model=f"{MODEL}/model.safetensors",
        settings=f"{MODEL}/branch.json",
        manifest=f"{WORK}/manifest.parquet",
    output:
        f"predictions/{SYSTEM}/{{branch}}/{{fold}}-{{seed}}/{{split}}.parquet",
    log:
        f"{LOGS}/predict/{JOB}-{{split}}.log",
    benchmark:
        f"{TIMES}/predict/{JOB}-{{split}}.tsv"
    conda:
        "../envs/train.yaml"
    threads: RUN.device.threads
    resources:
        gpu=min(RUN.device.gpus, 1),
        mem_mb=2000,
        loader=text(RUN.loader),
    params:
        code=lambda w: code("predict", network_module(RUN.system.branches[w.branch].network.name)),
        device=text(RUN.device),
        work=subpath(input.manifest, parent=True),
        model=subpath(input.model, parent=True),
    shell:
        "python workflow/scripts/on_gpu.py --gpus {resources.gpu} -- python workflow/scripts/predict.py"
        " --code {params.code}"
        " --model {params.model:q} --manifest {input.manifest:q} --work {params.work:q} --split {wildcards.split}"
        " --device {params.device:q} --loader {resources.loader:q} --out {output:q} 2> {log:q}"
