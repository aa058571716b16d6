# NEEDS  sound/<shard>.arrow, frames/<shard>.arrow; published weights that a set is extracted with
# GIVES  features/<set>/<shard>.arrow, of sound
from affectflow.features.registry import features_module

OF_SOUND = [name for name, its in RUN.feature_sets.items() if its.sense == "sound"]


rule sound_features:
    """One set of sound features of every decoded frame, once, whatever reads it; its own times become the frames'."""
    input:
        **stages.SOUND_FEATURES.inputs(LAYOUT),
        weights=lambda w: pretrainings.set_weights(PLAN, w.set),
    output:
        LAYOUT.artifact(feature_set("{set}")),
    log:
        LAYOUT.log("features/{set}/{shard}"),
    benchmark:
        LAYOUT.times("features/{set}/{shard}")
    wildcard_constraints:
        set="|".join(map(re.escape, OF_SOUND)) or "none",
    conda:
        "../envs/train.yaml"
    threads: RUN.device.threads
    resources:
        gpu=lambda w: min(RUN.device.gpus, 1) if RUN.feature_sets[w.set].published else 0,
        mem_mb=3000,
    params:
        code=lambda w: code("sound_features", features_module(RUN.feature_sets[w.set].kind)),
        settings=lambda w: settings_text(RUN.feature_sets[w.set]),
        device=settings_text(RUN.device),
        weights=WEIGHTS,
    shell:
        "python workflow/scripts/on_gpu.py --gpus {resources.gpu} -- python workflow/scripts/sound_features.py"
        " --code {params.code} --sound {input.sound:q} --frames {input.frames:q} --set {params.settings:q}"
        " --device {params.device:q} {params.weights} --out {output:q} 2> {log:q}"
