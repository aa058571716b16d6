# NEEDS  trained branches that see single faces, work/images/<images>/validation.arrow; results/intervals_track<n>.json
# GIVES  predictions/<corpus>/<system>/<tracks>/<branch>/<fold>-<seed>/images/<images>/<split>.parquet, results/images.{csv,json},
#        results/<table of the paper>.{csv,md}

SCORED_IMAGES = list(dict.fromkeys(images for _, _, images in RUN.scored))
RESULTS += ["results/images.csv"]
RESULTS += expand("results/{table}.{suffix}", table=RUN.system.image_tables, suffix=["csv", "md"])


rule predict_images:
    """What one branch says of every stored still picture of a split."""
    input:
        model=f"{MODEL}/model.safetensors",
        settings=f"{MODEL}/branch.json",
        pictures="work/images/{images}/{split}.arrow",
    output:
        f"predictions/{SYSTEM}/{{task}}/{{branch}}/{{fold}}-{{seed}}/images/{{images}}/{{split}}.parquet",
    log:
        f"{LOGS}/predict_images/{JOB}-{{images}}-{{split}}.log",
    benchmark:
        f"{TIMES}/predict_images/{JOB}-{{images}}-{{split}}.tsv"
    conda:
        "../envs/train.yaml"
    threads: RUN.device.threads
    resources:
        gpu=min(RUN.device.gpus, 1),
        mem_mb=2000,
        loader=text(RUN.loader),
    params:
        code=lambda w: code("predict_images", network_module(trained(w).network.name)),
        device=text(RUN.device),
        model=subpath(input.model, parent=True),
    shell:
        "python workflow/scripts/on_gpu.py --gpus {resources.gpu} -- python workflow/scripts/predict_images.py"
        " --code {params.code} --model {params.model:q} --pictures {input.pictures:q}"
        " --device {params.device:q} --loader {resources.loader:q} --out {output:q} 2> {log:q}"


rule score_images:
    """The scores of every branch on every corpus of still pictures, with intervals."""
    input:
        predictions=lambda w: [its["path"] for its in image_predictions()],
        pictures=expand("work/images/{images}/validation.arrow", images=SCORED_IMAGES),
        relatedness=[literal(RUN.system.zero_shot.relatedness), literal(RUN.system.zero_shot.compounds)],
    output:
        table="results/images.csv",
        figures="results/images.json",
    log:
        f"{LOGS}/score_images.log",
    benchmark:
        f"{TIMES}/score_images.tsv"
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("score_images"),
        predictions=lambda w: option(image_predictions()),
        pictures=lambda w: options("pictures", {n: f"work/images/{n}/validation.arrow" for n in SCORED_IMAGES}),
        images=option({name: RUN.images[name].model_dump(mode="json") for name in SCORED_IMAGES}),
        zero_shot=text(RUN.system.zero_shot),
        scoring=text(RUN.scoring),
        seed=RUN.seed,
    shell:
        "python workflow/scripts/score_images.py --code {params.code} --predictions {params.predictions:q}"
        " {params.pictures} --images {params.images:q} --zero-shot {params.zero_shot:q} --scoring {params.scoring:q}"
        " --seed {params.seed} --out {output.table:q} 2> {log:q}"


rule image_table:
    """A table of the paper with scores on still pictures: ours with intervals, the paper's, and the difference."""
    input:
        scores="results/images.json",
        intervals=lambda w: list(column_intervals(w).values()),
    output:
        table="results/{table}.csv",
        markdown="results/{table}.md",
    log:
        f"{LOGS}/{{table}}.log",
    benchmark:
        f"{TIMES}/{{table}}.tsv"
    wildcard_constraints:
        table="|".join(map(re.escape, RUN.system.image_tables)) or "none",
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("image_table"),
        # In the order of the settings, which is the paper's.
        settings=lambda w: json.dumps(RUN.system.image_tables[w.table].model_dump(mode="json")),
        intervals=lambda w: options("intervals", column_intervals(w)),
        kind=KIND,
    shell:
        "python workflow/scripts/image_table.py --code {params.code} --table {params.settings:q} --scores {input.scores:q}"
        " {params.intervals} --kind {params.kind} --out {output.table:q} --markdown {output.markdown:q} 2> {log:q}"
