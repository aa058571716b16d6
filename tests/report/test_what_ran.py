"""What was run, on the report's page: every training with its track and name."""

import re
from pathlib import Path

from record_factory import make_artifact

from affectflow.lineage.chain import Chain
from affectflow.report.run_page.what_ran import as_html, read_run


def test_trainings_are_listed_with_their_tracks(tmp_path: Path) -> None:
    start = make_artifact(tmp_path, "models/images/x/model.safetensors", "pretrain", name="affectnet", run="r0")
    one = {"tracks": "va+expr", "branch-name": "AV", "lr": 1}
    other = {"tracks": "au", "branch-name": "F", "lr": 2}
    models = [
        make_artifact(tmp_path, f"models/{number}/model.safetensors", "train", [start], run=f"r{number}", **options)
        for number, options in enumerate((one, other), start=1)
    ]
    page = "".join(as_html(read_run(Chain(tmp_path), models)))
    table = page[page.index("<h3>Trainings</h3>") : page.index("<h3>Settings</h3>")]
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row)[:2] for row in re.findall(r"<tr>(.*?)</tr>", table)]
    assert [row for row in rows if row] == [["", "affectnet"], ["au", "F"], ["va+expr", "AV"]]
    assert "1 (va+expr/AV)" in page and "2 (au/F)" in page
