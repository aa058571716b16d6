# NEEDS  frames/<shard>.arrow, people/<shard>.arrow, shots/<shard>.parquet (or frames and the official faces, where
#        faces.source is official)
# GIVES  faces/<shard>.arrow

from affectflow.preprocessing.face.registry import face_modules

OFFICIAL = RUN.faces.source == "official"


rule align_face:
    """Finds the landmarks of each subject's face in every frame and turns it upright."""
    input:
        **(stages.OFFICIAL_FACES if OFFICIAL else stages.ALIGN_FACE).inputs(LAYOUT),
        official=(lambda w: planned(w).official_faces) if OFFICIAL else [],
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
        code=code("align_face", *face_modules(RUN.faces.detector)),
        # Without what the people depend on alone.
        settings=settings_text(RUN.faces, "every", "max_gap", "min_overlap", "identity"),
        shard=lambda w: planned(w).text(),
        faces_from=lambda w, input: (
            f"--official {shlex.quote(str(RUN.corpus.root / RUN.corpus.cropped_aligned))} --tolerance {PLAN.tolerance}"
            if OFFICIAL
            else f"--people {shlex.quote(input.people)} --shots {shlex.quote(input.shots)}"
        ),
    shell:
        "python workflow/scripts/align_face.py --code {params.code} --shard {params.shard:q} --frames {input.frames:q}"
        " --faces {params.settings:q} {params.faces_from} --out {output:q} 2> {log:q}"
