# NEEDS  the media files of a shard
# GIVES  videos/<shard>.parquet, frames/<shard>.arrow, sound/<shard>.arrow


rule decode:
    """Every frame once, with its own time, and the sound: what all later stages read, decoded once."""
    input:
        sources,
    output:
        videos=f"{WORK}/videos/{{shard}}.parquet",
        frames=f"{WORK}/frames/{{shard}}.arrow",
        sound=f"{WORK}/sound/{{shard}}.arrow",
    log:
        f"{LOGS}/decode/{{shard}}.log",
    benchmark:
        f"{TIMES}/decode/{{shard}}.tsv"
    priority: 10
    conda:
        "../envs/media.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        unreadable=RUN.decode.unreadable,
    params:
        code=code("decode"),
        settings=text(RUN.decode, "unreadable"),
        ffmpeg=FFMPEG,
        shard=lambda w: shard_of(w, subjects=False, source=True),
        kept=f"checkpoints/{NAME}/decode/{{shard}}",
    shell:
        "python workflow/scripts/decode.py --code {params.code} --shard {params.shard:q} --decode {params.settings:q}"
        " --ffmpeg {params.ffmpeg:q}"
        " --unreadable {resources.unreadable} --videos {output.videos:q} --frames {output.frames:q}"
        " --sound {output.sound:q} --kept {params.kept:q} 2> {log:q}"
