# NEEDS  all other rules
# GIVES  a target for each stage of dvc.yaml: corpus, artifacts, models, fusion, results


rule corpus:
    """The files of the demo; those of another corpus are made by nobody."""
    input:
        rules.demo.output if RUN.corpus.kind == "demo" else [],


rule artifacts:
    """Everything that preprocessing makes."""
    input:
        f"{WORK}/manifest.parquet",
        of_shards("preview", "jpg"),


rule models:
    """Every branch, trained."""
    input:
        (
            expand(f"{MODEL}/model.safetensors", branch=RUN.system.branches, fold="official", seed=RUN.seed)
            if LISTING.labels
            else []
        ),


rule fusion:
    """The fusion's weights and the fused test scores, from the predictions of every branch."""
    input:
        [f"fusion/{SYSTEM}/weights.json", f"fusion/{SYSTEM}/test.parquet"] if LISTING.labels else [],


rule results:
    """Every table and prediction file."""
    input:
        RESULTS,
