# NEEDS  a branch's predictions of frames; to try windows also labels
# GIVES  predictions/<corpus>/<system>/<track>/<branch>/<fold>-<seed>/smoothed/{smoothing.json,<split>.parquet}

SMOOTHED_BRANCH = f"{RUN.system.name}-{{track}}-{{branch}}-{{fold}}-{{seed}}"
ROUGH = f"predictions/{SYSTEM}/{{track}}/{{branch}}/{{fold}}-{{seed}}"


rule find_smoothing:
    """The windows over which a branch's predictions of frames are averaged: fixed ones, or those that are best on validation."""
    input:
        lambda w: list(tried_on(w).values()),
    output:
        f"{ROUGH}/smoothed/smoothing.json",
    log:
        f"{LOGS}/find_smoothing/{SMOOTHED_BRANCH}.log",
    benchmark:
        f"{TIMES}/find_smoothing/{SMOOTHED_BRANCH}.tsv"
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("find_smoothing"),
        track=track_options,
        settings=lambda w: text(system(w).branches[w.branch].postprocess, "median", "smoothing", "method", "score"),
        tried=lambda w: " ".join(f"{name} {shlex.quote(path)}" for name, path in tried_on(w).items()),
    shell:
        "python workflow/scripts/find_smoothing.py --code {params.code} {params.track} {params.tried}"
        " --postprocess {params.settings:q} --out {output:q} 2> {log:q}"


rule smooth:
    """A branch's predictions of frames, each the mean of the window around it."""
    input:
        predictions=f"{ROUGH}/{{split}}{{without}}.parquet",
        smoothing=f"{ROUGH}/smoothed/smoothing.json",
    output:
        f"{ROUGH}/smoothed/{{split}}{{without}}.parquet",
    log:
        f"{LOGS}/smooth/{SMOOTHED_BRANCH}-{{split}}{{without}}.log",
    benchmark:
        f"{TIMES}/smooth/{SMOOTHED_BRANCH}-{{split}}{{without}}.tsv"
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
