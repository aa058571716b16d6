# NEEDS  frames/<shard>.arrow (and the official faces, where faces.source is official)
# GIVES  faces/<shard>.arrow

from affectflow.preprocessing.face.registry import face_modules


rule align_face:
    """Finds each subject's face in every frame, links it over time and turns it upright."""
    input:
        **stages.ALIGN_FACE.inputs(LAYOUT),
        official=(lambda w: planned(w).official_faces) if RUN.faces.source == "official" else [],
    output:
        LAYOUT.artifact("faces"),
    log:
        LAYOUT.log("align_face/{shard}"),
    benchmark:
        LAYOUT.times("align_face/{shard}")
    conda:
        "../envs/vision.yaml"
    threads: 1
    resources:
        mem_mb=1500,
    params:
        code=code("align_face", *face_modules(RUN.faces.detector, RUN.faces.identity.embedder)),
        settings=settings_text(RUN.faces),
        shard=lambda w: planned(w).text(),
        official=(
            f"--official {shlex.quote(str(RUN.corpus.root / RUN.corpus.cropped_aligned))} --tolerance {PLAN.tolerance}"
            if RUN.faces.source == "official"
            else ""
        ),
    shell:
        "python workflow/scripts/align_face.py --code {params.code} --shard {params.shard:q} --frames {input.frames:q}"
        " --faces {params.settings:q} {params.official} --out {output:q} 2> {log:q}"
