# NEEDS  a branch's predictions of frames; to try windows also labels
# GIVES  predictions/<corpus>/<system>/<track>/<branch>/<fold>-<seed>/smoothed/{smoothing.json,<split>.parquet}

SMOOTHED_BRANCH = f"{RUN.system.name}-{{track}}-{{branch}}-{{fold}}-{{seed}}"
ROUGH = ANY_RUN.of("{branch}")


rule find_smoothing:
    """The windows over which a branch's predictions of frames are averaged: fixed ones, or those that are best on validation."""
    input:
        lambda w: list(planned(w).tried_on.values()),
    output:
        LAYOUT.smoothing(ROUGH),
    log:
        LAYOUT.log(f"find_smoothing/{SMOOTHED_BRANCH}"),
    benchmark:
        LAYOUT.times(f"find_smoothing/{SMOOTHED_BRANCH}")
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("find_smoothing"),
        track=lambda w: planned(w).options,
        settings=lambda w: settings_text(planned(w).branch.postprocess, "median", "smoothing", "method", "score"),
        tried=lambda w: " ".join(repeated(name, [path]) for name, path in planned(w).tried_on.items()),
    shell:
        "python workflow/scripts/find_smoothing.py --code {params.code} {params.track} {params.tried}"
        " --postprocess {params.settings:q} --out {output:q} 2> {log:q}"


rule smooth:
    """A branch's predictions of frames, each the mean of the window around it."""
    input:
        predictions=LAYOUT.prediction(ROUGH, "{split}{without}"),
        smoothing=LAYOUT.smoothing(ROUGH),
    output:
        LAYOUT.prediction(ROUGH, "{split}{without}", "smoothed"),
    log:
        LAYOUT.log(f"smooth/{SMOOTHED_BRANCH}-{{split}}{{without}}"),
    benchmark:
        LAYOUT.times(f"smooth/{SMOOTHED_BRANCH}-{{split}}{{without}}")
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("smooth"),
    shell:
        "python workflow/scripts/smooth.py --code {params.code} --predictions {input.predictions:q}"
        " --smoothing {input.smoothing:q} --out {output:q} 2> {log:q}"
