# NEEDS  trained branches that see single faces, work/images/<images>/validation.arrow; results/intervals_track<n>.json
# GIVES  predictions/<corpus>/<system>/<tracks>/<branch>/<fold>-<seed>/images/<images>/<split>.parquet, results/images.{csv,json},
#        results/<table of the paper>.{csv,md}

SCORED_PICTURES = stills.scored_pictures(PLAN)


rule predict_images:
    """What one branch says of every stored still picture of a split."""
    input:
        model=LAYOUT.model(ANY_TRAINING, MODEL),
        settings=LAYOUT.model(ANY_TRAINING, SETTINGS),
        pictures=pictures(),
    output:
        LAYOUT.image_prediction(ANY_TRAINING, "{images}", "{split}"),
    log:
        LAYOUT.log(f"predict_images/{JOB}-{{images}}-{{split}}"),
    benchmark:
        LAYOUT.times(f"predict_images/{JOB}-{{images}}-{{split}}")
    conda:
        "../envs/train.yaml"
    threads: RUN.device.threads
    resources:
        gpu=min(RUN.device.gpus, 1),
        mem_mb=2000,
        loader=settings_text(RUN.loader),
    params:
        code=lambda w: code("predict_images", network_module(planned(w).branch.network.name)),
        device=settings_text(RUN.device),
        model=subpath(input.model, parent=True),
    shell:
        "python workflow/scripts/on_gpu.py --gpus {resources.gpu} -- python workflow/scripts/predict_images.py"
        " --code {params.code} --model {params.model:q} --pictures {input.pictures:q}"
        " --device {params.device:q} --loader {resources.loader:q} --out {output:q} 2> {log:q}"


rule score_images:
    """The scores of every branch on every corpus of still pictures, with intervals."""
    input:
        predictions=lambda w: [its["path"] for its in stills.image_predictions(PLAN)],
        pictures=list(SCORED_PICTURES.values()),
        relatedness=[literal(RUN.system.zero_shot.relatedness), literal(RUN.system.zero_shot.compounds)],
    output:
        table=result("images"),
        figures=result("images", "json"),
    log:
        LAYOUT.log("score_images"),
    benchmark:
        LAYOUT.times("score_images")
    conda:
        "../envs/train.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("score_images"),
        predictions=lambda w: long_text(stills.image_predictions(PLAN)),
        pictures=options("pictures", SCORED_PICTURES),
        images=long_text({name: RUN.images[name].model_dump(mode="json") for name in SCORED_PICTURES}),
        zero_shot=settings_text(RUN.system.zero_shot),
        scoring=settings_text(RUN.scoring),
        seed=RUN.seed,
    shell:
        "python workflow/scripts/score_images.py --code {params.code} --predictions {params.predictions:q}"
        " {params.pictures} --images {params.images:q} --zero-shot {params.zero_shot:q} --scoring {params.scoring:q}"
        " --seed {params.seed} --out {output.table:q} 2> {log:q}"


rule image_table:
    """A table of the paper with scores on still pictures: ours with intervals, the paper's, and the difference."""
    input:
        scores=result("images", "json"),
        intervals=lambda w: list(stills.column_intervals(PLAN, w.table).values()),
    output:
        table=result("{table}"),
        markdown=result("{table}", "md"),
    log:
        LAYOUT.log("{table}"),
    benchmark:
        LAYOUT.times("{table}")
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
        intervals=lambda w: options("intervals", stills.column_intervals(PLAN, w.table)),
        kind=PLAN.kind,
    shell:
        "python workflow/scripts/image_table.py --code {params.code} --table {params.settings:q} --scores {input.scores:q}"
        " {params.intervals} --kind {params.kind} --out {output.table:q} --markdown {output.markdown:q} 2> {log:q}"
