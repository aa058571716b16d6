# NEEDS  sound/<shard>.arrow
# GIVES  mel/<shard>.arrow, mel_filters.npz


rule mel_filters:
    """The mel filter bank, once: librosa takes longer to import than to analyse the sound of most videos."""
    output:
        LAYOUT.mel_filters,
    log:
        LAYOUT.log("mel_filters"),
    benchmark:
        LAYOUT.times("mel_filters")
    conda:
        "../envs/audio.yaml"
    threads: 1
    resources:
        mem_mb=500,
    params:
        code=code("mel_filters"),
        settings=json.dumps(RUN.mel.model_dump(include={"n_mels", "bands", "n_fft", "f_min", "f_max"}), sort_keys=True),
        rate=RUN.decode.sample_rate,
    shell:
        "python workflow/scripts/mel_filters.py --code {params.code} --mel {params.settings:q} --rate {params.rate}"
        " --out {output:q} 2> {log:q}"


rule spectrogram:
    """The log-mel spectrogram of each sound track, once and whole; frames take windows of it later."""
    input:
        **stages.SPECTROGRAM.inputs(LAYOUT),
        filters=LAYOUT.mel_filters,
    output:
        LAYOUT.artifact("mel"),
    log:
        LAYOUT.log("spectrogram/{shard}"),
    benchmark:
        LAYOUT.times("spectrogram/{shard}")
    conda:
        "../envs/audio.yaml"
    threads: 1
    resources:
        mem_mb=1000,
    params:
        code=code("spectrogram"),
        settings=settings_text(RUN.mel),
    shell:
        "python workflow/scripts/spectrogram.py --code {params.code} --sound {input.sound:q} --filters {input.filters:q}"
        " --mel {params.settings:q} --out {output:q} 2> {log:q}"
