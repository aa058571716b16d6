# NEEDS  the image corpora that the settings name (docs/pretraining.md)
# GIVES  work/images/<images>/<split>.arrow, <split>.left_out.csv


wildcard_constraints:
    images="|".join(map(re.escape, RUN.images)),


rule images:
    """Cuts out and shrinks the faces of a corpus of still pictures, once: hundreds of thousands of files become one."""
    input:
        lambda w: [literal(path) for path in PICTURES[w.images, w.split]],
    output:
        faces=pictures(),
        left_out=left_out_pictures(),
    log:
        image_log("{images}/{split}"),
    benchmark:
        image_times("{images}-{split}")
    priority: 20
    conda:
        "../envs/vision.yaml"
    threads: 4
    resources:
        mem_mb=1500,
    params:
        code=code("images"),
        settings=lambda w: settings_text(RUN.images[w.images]),
    shell:
        "python workflow/scripts/images.py --code {params.code} --images {params.settings:q} --name {wildcards.images}"
        " --split {wildcards.split} --out {output.faces:q} --left-out {output.left_out:q} 2>&1 | tee {log:q} >&2"
