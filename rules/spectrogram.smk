# NEEDS  sound/<shard>.arrow
# GIVES  mel/<shard>.arrow


rule spectrogram:
    """The log-mel spectrogram of each sound track, once and whole; frames take windows of it later."""
    input:
        f"{WORK}/sound/{{shard}}.arrow",
    output:
        f"{WORK}/mel/{{shard}}.arrow",
    log:
        f"{LOGS}/spectrogram/{{shard}}.log",
    benchmark:
        f"{TIMES}/spectrogram/{{shard}}.tsv"
    conda:
        "../envs/audio.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        code=code("spectrogram"),
        settings=text(RUN.mel),
    shell:
        "python workflow/scripts/spectrogram.py --code {params.code} --sound {input:q} --mel {params.settings:q}"
        " --out {output:q} 2> {log:q}"
