# NEEDS  all other rules
# GIVES  a target for each stage of dvc.yaml: corpus, artifacts, models, fusion, results


rule corpus:
    """The files of the demo; those of another corpus are made by nobody."""
    input:
        rules.demo.output if RUN.corpus.kind in SYNTHETIC else [],


rule artifacts:
    """Everything that preprocessing makes."""
    input:
        [f"{WORK}/{track}/manifest.parquet" for track in RUN.used],
        list(of_tracks(scored_labels).values()) if PER_UTTERANCE else [],
        lambda w: of_branches(),  # asked only where this is a target: it looks at every shard
        of_shards("preview", "jpg"),


rule models:
    """Every branch of every track, trained, those of folds that a submitted method is the mean of, and the features that
    branches read."""
    input:
        lambda w: read_features(),
        lambda w: submitted_models(),
        [model(track, b, "model.safetensors") for track in LABELLED.values() for b in RUN.used[track].branches],


rule fusion:
    """The fusion's weights and the fused test scores of every track, from the predictions of every branch."""
    input:
        expand(f"fusion/{SYSTEM}/{{track}}/{OFFICIAL}/weights.json", track=LABELLED.values()),
        expand(f"fusion/{SYSTEM}/{{track}}/{OFFICIAL}/test.parquet", track=TESTED.values()),


rule results:
    """Every table and prediction file."""
    input:
        RESULTS,
