# NEEDS  the media files of a shard
# GIVES  videos/<shard>.parquet, frames/<shard>.arrow, sound/<shard>.arrow


rule decode:
    """Every frame once, with its own time, and the sound: what all later stages read, decoded once."""
    input:
        lambda w: planned(w).sources,
    output:
        **stages.DECODE.outputs(LAYOUT),
    log:
        LAYOUT.log("decode/{shard}"),
    benchmark:
        LAYOUT.times("decode/{shard}")
    priority: 10
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        unreadable=RUN.decode.unreadable,
    params:
        code=code("decode"),
        settings=settings_text(RUN.decode, "unreadable"),
        ffmpeg=FFMPEG,
        shard=lambda w: planned(w).text(subjects=False, source=True),
        kept=LAYOUT.job_checkpoints("decode/{shard}"),
    shell:
        "python workflow/scripts/decode.py --code {params.code} --shard {params.shard:q} --decode {params.settings:q}"
        " --ffmpeg {params.ffmpeg:q}"
        " --unreadable {resources.unreadable} --videos {output.videos:q} --frames {output.frames:q}"
        " --sound {output.sound:q} --kept {params.kept:q} 2> {log:q}"
