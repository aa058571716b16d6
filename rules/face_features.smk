# NEEDS  faces/<shard>.arrow; models/images/<system>/<pretraining>/<seed>/ of the encoder that a set names, or
#        published weights
# GIVES  features/<set>/<shard>.arrow of the sets of faces
from affectflow.networks.encoders import encoder_module


rule face_features:
    """What a frozen encoder sees in the face of every frame, once: a set of features that branches read."""
    input:
        **stages.FACE_FEATURES.inputs(LAYOUT),
        model=lambda w: pretrainings.set_encoder(PLAN, w.set),
        weights=lambda w: pretrainings.set_weights(PLAN, w.set),
    output:
        LAYOUT.artifact(feature_set("{set}")),
    log:
        LAYOUT.log("face_features/{set}/{shard}"),
    benchmark:
        LAYOUT.times("face_features/{set}/{shard}")
    wildcard_constraints:
        set="|".join(re.escape(name) for name, its in RUN.feature_sets.items() if its.sense == "face") or "none",
    conda:
        "../envs/train.yaml"
    threads: RUN.device.threads
    resources:
        gpu=min(RUN.device.gpus, 1),
        mem_mb=3000,
    params:
        code=lambda w: code("face_features", encoder_module(RUN.feature_sets[w.set].backbone)),
        settings=lambda w: settings_text(RUN.feature_sets[w.set]),
        device=settings_text(RUN.device),
        weights=WEIGHTS,
        model=lambda w: repeated("model", pretrainings.set_encoder(PLAN, w.set)),
    shell:
        "python workflow/scripts/on_gpu.py --gpus {resources.gpu} -- python workflow/scripts/face_features.py"
        " --code {params.code} --faces {input.faces:q} --set {params.settings:q} {params.model} {params.weights}"
        " --device {params.device:q} --out {output:q} 2> {log:q}"
