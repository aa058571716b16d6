# NEEDS  trained branches that see single faces; manifests, faces; work/images/<images>/<split>.arrow
# GIVES  features/<corpus>/<system>/<tracks>/<branch>/<fold>-<seed>/<split>.arrow, <split>-copy<n>.arrow,
#        images/<images>/<split>.arrow, …

LOOK = f"{JOB}-{{split}}{{copy_suffix}}"


wildcard_constraints:
    copy_suffix="(-copy[1-9][0-9]*)?",


rule features:
    """What one branch has learnt to see in every decoded frame of a split, stored once; copies but the first show each
    subject changed alike."""
    input:
        lambda w: planned(w).artifacts(w.split),
        model=LAYOUT.model(ANY_TRAINING, MODEL),
        settings=LAYOUT.model(ANY_TRAINING, SETTINGS),
        manifests=lambda w: list(planned(w).all_manifests.values()),
    output:
        LAYOUT.features(ANY_TRAINING, feature_file("{split}{copy_suffix}")),
    log:
        LAYOUT.log(f"features/{LOOK}"),
    benchmark:
        LAYOUT.times(f"features/{LOOK}")
    conda:
        "../envs/train.yaml"
    threads: RUN.device.threads
    resources:
        gpu=min(RUN.device.gpus, 1),
        mem_mb=2000,
        loader=settings_text(RUN.loader),
    params:
        code=lambda w: code("features", network_module(planned(w).branch.network.name)),
        manifests=lambda w: repeated("manifest", planned(w).all_manifests.values()),
        copy_number=lambda w: w.copy_suffix.removeprefix("-copy") or "0",
        device=settings_text(RUN.device),
        work=lambda w: LAYOUT.work,
        model=subpath(input.model, parent=True),
    shell:
        "python workflow/scripts/on_gpu.py --gpus {resources.gpu} -- python workflow/scripts/features.py"
        " --code {params.code} --model {params.model:q} {params.manifests} --work {params.work:q}"
        " --split {wildcards.split} --copy {params.copy_number}"
        " --device {params.device:q} --loader {resources.loader:q} --out {output:q} 2> {log:q}"


rule image_features:
    """The same of every stored still picture of a split."""
    input:
        model=LAYOUT.model(ANY_TRAINING, MODEL),
        settings=LAYOUT.model(ANY_TRAINING, SETTINGS),
        pictures=pictures(),
    output:
        LAYOUT.features(ANY_TRAINING, feature_file("{split}{copy_suffix}", images="{images}")),
    log:
        LAYOUT.log(f"features/{LOOK}-{{images}}"),
    benchmark:
        LAYOUT.times(f"features/{LOOK}-{{images}}")
    conda:
        "../envs/train.yaml"
    threads: RUN.device.threads
    resources:
        gpu=min(RUN.device.gpus, 1),
        mem_mb=2000,
        loader=settings_text(RUN.loader),
    params:
        code=lambda w: code("image_features", network_module(planned(w).branch.network.name)),
        copy_number=lambda w: w.copy_suffix.removeprefix("-copy") or "0",
        device=settings_text(RUN.device),
        model=subpath(input.model, parent=True),
    shell:
        "python workflow/scripts/on_gpu.py --gpus {resources.gpu} -- python workflow/scripts/image_features.py"
        " --code {params.code} --model {params.model:q} --pictures {input.pictures:q} --copy {params.copy_number}"
        " --device {params.device:q} --loader {resources.loader:q} --out {output:q} 2> {log:q}"
