"""The report of a real run, as the workflow writes it; Snakemake's own report beside it."""

import json
import re

import pytest
from miniature import Miniature

from affectflow.artifacts.record import read_record, record_path

pytestmark = pytest.mark.slow


def test_the_workflow_writes_the_page_and_says_what_was_run(finished: Miniature) -> None:
    finished.snakemake("results/report.html")
    out = finished.folder / "results/report.html"
    page = out.read_text(encoding="utf-8")
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert match
    assert [track["name"] for track in json.loads(match[1])["tracks"]] == ["va"]
    text = re.sub(r"(?s)<script.*?</script>", "", page)
    assert "A synthetic corpus." in text
    training = read_record(record_path(finished.folder / "models/demo/ntua/va/F/official-123/model.safetensors"))
    assert training.mlflow and training.mlflow.run in text
    assert training.code.lock in text
    for rule in ("decode", "align_face", "mask_body", "train", "predict", "fuse"):
        assert f"<td>{rule}</td>" in text
    assert text.count("<figure>") == len(list((finished.folder / "work/demo/preview").glob("*.jpg")))
    inputs = {item.path for item in read_record(record_path(out)).inputs}
    assert {"results/validation_track1.csv", "work/demo/va/labels.parquet"} <= inputs


def test_snakemake_s_report_holds_scores_and_page(finished: Miniature) -> None:
    finished.snakemake("results/report.html")
    result = finished.snakemake("results/report.html", "results/validation_track1.csv", "--report", "snakemake.html")
    assert "Adding report.html" in result.stderr and "Adding validation_track1.csv" in result.stderr
    page = (finished.folder / "snakemake.html").read_text(encoding="utf-8")
    assert "All subjects are taken together" in page  # a caption
    assert "Videos to scores of affect" in page
