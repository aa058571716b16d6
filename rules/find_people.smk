# NEEDS  frames/<shard>.arrow
# GIVES  people/<shard>.arrow, shots/<shard>.parquet

from affectflow.preprocessing.face.registry import face_modules


rule find_people:
    """Finds all faces of a video and its shots, links the faces over time and joins them to people."""
    input:
        **stages.FIND_PEOPLE.inputs(LAYOUT),
    output:
        **stages.FIND_PEOPLE.outputs(LAYOUT),
    log:
        LAYOUT.log("find_people/{shard}"),
    benchmark:
        LAYOUT.times("find_people/{shard}")
    conda:
        "../envs/vision.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("find_people", *face_modules(RUN.faces.detector, RUN.faces.identity.embedder)),
        # Without what the aligned faces depend on alone.
        settings=settings_text(RUN.faces, "source", "landmarker", "size", "quality", "transform"),
        shard=lambda w: planned(w).text(subjects=False),
    shell:
        "python workflow/scripts/find_people.py --code {params.code} --shard {params.shard:q} --frames {input.frames:q}"
        " --faces {params.settings:q} --people {output.people:q} --shots {output.shots:q} 2> {log:q}"
