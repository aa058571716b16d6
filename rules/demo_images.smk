# NEEDS  nothing
# GIVES  the synthetic corpora of still pictures, each a folder in the layout of the corpus that it imitates

DRAWN = {literal(RUN.images[name].root): RUN.images[name] for name in RUN.synthetic}


rule demo_images:
    """Draws a synthetic corpus of still pictures where it is missing."""
    output:
        directory("{pictures}"),
    log:
        image_log("demo/{pictures}"),
    benchmark:
        image_times("demo/{pictures}")
    wildcard_constraints:
        pictures="|".join(map(re.escape, DRAWN)),
    priority: 20
    conda:
        "../envs/vision.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("demo_images"),
        settings=lambda w: settings_text(DRAWN[w.pictures]),
    shell:
        "python workflow/scripts/demo_images.py --code {params.code} --images {params.settings:q} 2> {log:q}"
