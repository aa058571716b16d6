"""Contact sheets on the report's page."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from report_factory import Someone, make_run

from affectflow.core.errors import InputError
from affectflow.lineage.chain import Chain
from affectflow.report.run_page.sheets import sheets_html
from affectflow.report.run_page.write import write_report


@pytest.fixture
def sheets(tmp_path: Path) -> list[tuple[Path, str]]:
    noise = np.random.default_rng(0).integers(0, 256, (5, 60, 80, 3), np.uint8)
    for number, picture in enumerate(noise):
        cv2.imwrite(str(tmp_path / f"{number}.jpg"), picture)
    return [(tmp_path / f"{number}.jpg", f"caption {number}") for number in range(5)]


def test_all_sheets_are_shown_where_there_is_room(sheets: list[tuple[Path, str]]) -> None:
    figures = list(sheets_html(sheets))
    assert len(figures) == 5 and all(f"caption {n}" in figure for n, figure in enumerate(figures))


def test_the_first_are_shown_where_there_is_not_and_the_others_named(sheets: list[tuple[Path, str]]) -> None:
    one = len(next(sheets_html(sheets)))
    *figures, note = sheets_html(sheets, budget=2 * one)
    assert [f"caption {n}" in figure for n, figure in enumerate(figures)] == [True, True, True]
    assert "the other 2 sheets" in note and f"see {sheets[0][0].parent}/" in note


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "0.jpg").write_text("no picture")
    with pytest.raises(InputError, match=r"0\.jpg: not a readable picture"):
        list(sheets_html([(tmp_path / "0.jpg", "")]))


def test_the_oddest_come_first(tmp_path: Path) -> None:
    run = make_run(tmp_path, [Someone("calm", 30), Someone("mute", 30, sound=False)], ("va",))
    write_report(run, "made", "ntua", Chain(tmp_path), tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert page.index("Contact sheet: mute") < page.index("Contact sheet: calm")
