# NEEDS  nothing
# GIVES  the synthetic demo corpus, in the layout of Aff-Wild2 or of Hume-Reaction
from affectflow.datasets.video.demo_clips import expected_files
from affectflow.datasets.video.demo_reactions import reaction_files


rule demo:
    """Makes the demo corpus where it is missing."""
    output:
        [
            str(RUN.corpus.root / path)
            for path in (expected_files if RUN.corpus.kind == "demo" else reaction_files)(RUN.corpus)
        ],
    log:
        LAYOUT.log("demo"),
    benchmark:
        LAYOUT.times("demo")
    conda:
        "../envs/vision.yaml"
    threads: 2
    resources:
        mem_mb=1500,
    params:
        code=code("demo"),
        settings=RUN.corpus.model_dump_json(exclude={"name", "tolerance"}),
        ffmpeg=RUN.decode.ffmpeg,
        program=FFMPEG,
    shell:
        "python workflow/scripts/demo.py --code {params.code} --corpus {params.settings:q}"
        " --ffmpeg {params.ffmpeg:q} --program {params.program:q} 2> {log:q}"
