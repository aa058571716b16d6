# NEEDS  all other rules
# GIVES  a target for each stage of dvc.yaml: corpus, artifacts, models, fusion, results


rule corpus:
    """The files of the demo; those of another corpus are made by nobody."""
    input:
        rules.demo.output if RUN.corpus.kind in SYNTHETIC else [],


rule artifacts:
    """Everything that preprocessing makes."""
    input:
        [LAYOUT.manifest(track) for track in PLAN.used],
        [its.scored_labels for its in LABELLED.values() if RUN.per_utterance],
        lambda w: targets.artifacts_read(PLAN),  # asked only where this is a target: it looks at every shard
        PLAN.of_shards("preview"),


rule models:
    """Every branch of every track, trained, those of folds that a submitted method is the mean of, and the features that
    branches read."""
    input:
        lambda w: targets.features_read(PLAN),
        lambda w: targets.submitted_models(PLAN),
        targets.models(PLAN),


rule fusion:
    """The fusion's weights and the fused test scores of every track, from the predictions of every branch."""
    input:
        [its.weights for its in LABELLED.values()],
        [LABELLED[track].fused_test for track in PLAN.tested.values()],


rule results:
    """Every table and prediction file."""
    input:
        targets.results(PLAN),
