# NEEDS  trained branches that see single faces; manifests, faces; work/images/<images>/<split>.arrow
# GIVES  features/<corpus>/<system>/<tracks>/<branch>/<fold>-<seed>/<split>.arrow, <split>-view<n>.arrow,
#        images/<images>/<split>.arrow, …

FEATURES = f"features/{SYSTEM}/{{task}}/{{branch}}/{{fold}}-{{seed}}"
LOOK = f"{JOB}-{{split}}{{view}}"


wildcard_constraints:
    view="(-view[1-9][0-9]*)?",


rule features:
    """What one branch has learnt to see in every decoded frame of a split, stored once; views but the first show each
    subject changed alike."""
    input:
        lambda w: of_streams(w, w.split),
        model=f"{MODEL}/model.safetensors",
        settings=f"{MODEL}/branch.json",
        manifests=lambda w: list(of_learnt(manifest, w).values()),
    output:
        f"{FEATURES}/{{split}}{{view}}.arrow",
    log:
        f"{LOGS}/features/{LOOK}.log",
    benchmark:
        f"{TIMES}/features/{LOOK}.tsv"
    conda:
        "../envs/train.yaml"
    threads: RUN.device.threads
    resources:
        gpu=min(RUN.device.gpus, 1),
        mem_mb=2000,
        loader=text(RUN.loader),
    params:
        code=lambda w: code("features", network_module(trained(w).network.name)),
        manifests=lambda w: " ".join(f"--manifest {shlex.quote(path)}" for path in of_learnt(manifest, w).values()),
        view=lambda w: w.view.removeprefix("-view") or "0",
        device=text(RUN.device),
        work=lambda w: WORK,
        model=subpath(input.model, parent=True),
    shell:
        "python workflow/scripts/on_gpu.py --gpus {resources.gpu} -- python workflow/scripts/features.py"
        " --code {params.code} --model {params.model:q} {params.manifests} --work {params.work:q}"
        " --split {wildcards.split} --view {params.view}"
        " --device {params.device:q} --loader {resources.loader:q} --out {output:q} 2> {log:q}"


rule image_features:
    """The same of every stored still picture of a split."""
    input:
        model=f"{MODEL}/model.safetensors",
        settings=f"{MODEL}/branch.json",
        pictures="work/images/{images}/{split}.arrow",
    output:
        f"{FEATURES}/images/{{images}}/{{split}}{{view}}.arrow",
    log:
        f"{LOGS}/features/{LOOK}-{{images}}.log",
    benchmark:
        f"{TIMES}/features/{LOOK}-{{images}}.tsv"
    conda:
        "../envs/train.yaml"
    threads: RUN.device.threads
    resources:
        gpu=min(RUN.device.gpus, 1),
        mem_mb=2000,
        loader=text(RUN.loader),
    params:
        code=lambda w: code("image_features", network_module(trained(w).network.name)),
        view=lambda w: w.view.removeprefix("-view") or "0",
        device=text(RUN.device),
        model=subpath(input.model, parent=True),
    shell:
        "python workflow/scripts/on_gpu.py --gpus {resources.gpu} -- python workflow/scripts/image_features.py"
        " --code {params.code} --model {params.model:q} --pictures {input.pictures:q} --view {params.view}"
        " --device {params.device:q} --loader {resources.loader:q} --out {output:q} 2> {log:q}"
