"""The page of one score, made from a finished run; its curves."""

import base64
import copy
import csv
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from miniature import Miniature

from affectflow.artifacts.record import read_record, record_path, record_text
from affectflow.artifacts.schemas import BODY, FACES
from affectflow.artifacts.tables import read_arrow, read_parquet
from affectflow.lineage.chain import Chain
from affectflow.report.drawing.curve import Line, curves_svg, ticks
from affectflow.report.trace.cell_trace import cell_lines, trace_cell
from affectflow.report.trace.frame_page import write_page
from affectflow.report.trace.score_lines import score_lines
from affectflow.report.trace.score_trace import trace_score

TABLE = "results/test_track1.csv"
METHOD = "Audio + Visual (F + BCF)"


class Page(HTMLParser):
    """The text, tags and pictures of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.open: list[str] = []
        self.html, self.text = html, unescape(re.sub(r"<[^>]*>", "", re.sub(r"(?s)<style>.*?</style>", "", html)))
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]
        if tag not in ("meta", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def pictures(self) -> list[np.ndarray]:
        data = [base64.b64decode(address.partition("base64,")[2]) for address in self.addresses]
        return [cv2.imdecode(np.frombuffer(each, np.uint8), cv2.IMREAD_COLOR) for each in data]


@pytest.fixture
def run(finished: Miniature, tmp_path: Path) -> Path:
    """A copy of the finished run, to change."""
    folder = tmp_path / "run"
    for part in ("data", "work", "models", "predictions", "fusion", "results"):
        shutil.copytree(finished.folder / part, folder / part)
    return folder


def page(folder: Path, subject: str, frame: int, table: str = TABLE, row: str | None = None) -> Page:
    chain = Chain(folder)
    out = folder / "page.html"
    write_page(chain, trace_score(chain, table, subject, frame, row), out)
    return Page(out.read_text(encoding="utf-8"))


def find_frame(folder: Path, face: bool, body: bool) -> tuple[str, int]:
    """A subject and frame of the test split in which face and body were found or not."""
    with (folder / TABLE).open(newline="") as lines:
        subjects = {row["image_location"].split("/")[0] for row in csv.DictReader(lines)}
    for path in sorted((folder / "work/demo/faces").glob("*.arrow")):
        faces = read_arrow(path, FACES)
        bodies = read_parquet(folder / f"work/demo/body/{path.stem}.parquet", BODY)
        rows = zip(faces["subject"], faces["frame"], faces["found"], bodies["found"], strict=True)
        for subject, frame, has_face, has_body in rows:
            if subject.as_py() in subjects and (has_face.as_py(), has_body.as_py()) == (face, body):
                return subject.as_py(), frame.as_py()
    raise AssertionError("the demo hides faces at times")


class TestPage:
    pytestmark = pytest.mark.slow

    def test_it_needs_no_other_file_and_runs_no_script(self, run: Path) -> None:
        subject, frame = find_frame(run, face=True, body=True)
        document = page(run, subject, frame)
        assert document.open == []
        assert "script" not in document.tags and "link" not in document.tags
        assert document.addresses and all(address.startswith("data:image/") for address in document.addresses)
        assert "url(" not in document.html and "@import" not in document.html
        assert str(run) not in document.html

    def test_it_shows_the_sum_and_that_the_table_agrees(self, run: Path) -> None:
        subject, frame = find_frame(run, face=True, body=True)
        document = page(run, subject, frame)
        image = f"{subject}/{frame + 1:05d}.jpg"
        with (run / TABLE).open(newline="") as lines:
            row = next(row for row in csv.DictReader(lines) if row["image_location"] == image)
        assert image in document.text
        for target in ("valence", "arousal"):
            assert f"The table says {row[target]}: the same." in document.text
        sums = re.findall(r"fused = (.*?) = (-?[0-9.]+)", document.text)
        assert len(sums) == 2, "of valence and arousal"
        for terms in sums:
            products = re.findall(r"(\S+) × (\S+) \(", terms[0])
            assert sum(float(w) * float(v) for w, v in products) == pytest.approx(float(terms[1]), abs=1e-8)
            assert len(products) == 3

    def test_it_says_so_where_the_table_says_something_else(self, run: Path) -> None:
        subject, frame = find_frame(run, face=True, body=True)
        text = (run / TABLE).read_text()
        changed = re.sub(rf"({re.escape(subject)}/{frame + 1:05d}\.jpg),[^,]*,", r"\1,0.999999,", text)
        (run / TABLE).write_text(changed)
        document = page(run, subject, frame)
        assert document.text.count("0.999999: not the same") == 1
        assert document.text.count(": the same.") == 1

    def test_the_pictures_are_those_of_the_frame(self, run: Path) -> None:
        subject, frame = find_frame(run, face=True, body=True)
        pictures = page(run, subject, frame).pictures()
        assert len(pictures) == 5
        frame_picture, context, _, face, mel = pictures
        assert frame_picture.shape == context.shape
        assert (context.max(-1) < 12).mean() > (frame_picture.max(-1) < 12).mean() + 0.05  # the body is masked
        shard = next(path for path in (run / "work/demo/faces").glob("*.arrow") if subject.startswith(path.stem))
        row = next(r for r in read_arrow(shard, FACES).to_pylist() if (r["subject"], r["frame"]) == (subject, frame))
        stored = cv2.imdecode(np.frombuffer(row["face"], np.uint8), cv2.IMREAD_COLOR)
        thumbnail = cv2.resize(face, stored.shape[1::-1], interpolation=cv2.INTER_AREA)
        assert np.abs(thumbnail.astype(int) - stored).mean() < 6
        assert mel.std() > 10

    def test_what_was_not_found_is_said(self, run: Path) -> None:
        document = page(run, *find_frame(run, face=False, body=False))
        assert "face not found" in document.text and "body not found" in document.text
        assert "nothing masked" in document.text
        assert len(document.pictures()) == 3

    def test_a_validation_frame_has_its_annotations(self, run: Path) -> None:
        labels = sorted((run / "data/demo/VA_Set/Validation_Set").glob("*.txt"))[0]
        values = [line.split(",") for line in labels.read_text().splitlines()[1:]]
        frame = next(n for n, (valence, _) in enumerate(values) if float(valence) >= -1)
        document = page(run, labels.stem, frame, "results/validation_track1.csv", METHOD)
        assert f"annotated: {float(values[frame][0]):g}" in document.text
        assert "The table has no row for a frame." in document.text
        assert document.html.count(">annotation</text>") == 2
        assert page(run, *find_frame(run, face=True, body=True)).html.count(">annotation</text>") == 0

    def test_a_cell_of_the_table_is_computed_anew(self, run: Path) -> None:
        chain, table = Chain(run), "results/validation_track1.csv"
        cell = trace_cell(chain, table, METHOD, "ccc_arousal")
        assert cell.agrees and cell.computed == cell.written
        assert "\n".join(cell_lines(chain, cell)).count("labels in work/demo/va/labels.parquet") == 1
        assert set(cell.weights) == {"valence", "arousal"} and cell.subjects == 2
        figure = trace_cell(chain, table, METHOD, "paper_total")
        assert (figure.written, figure.computed, figure.kind) == ("0.502", "0.502", "paper")
        (run / table).write_text((run / table).read_text().replace(cell.written, "0.9999"))
        changed = trace_cell(chain, table, METHOD, "ccc_arousal")
        assert not changed.agrees and changed.computed == cell.written

    def test_files_settings_and_the_video_are_there_with_digests(self, run: Path) -> None:
        subject, frame = find_frame(run, face=True, body=True)
        document, chain = page(run, subject, frame), Chain(run)
        trace = trace_score(chain, TABLE, subject, frame)
        assert list(trace.files) == ["frames", "resized/32", "sound", "faces", "body", "mel"]
        for name in [*trace.files.values(), *(branch.model for branch in trace.branches), trace.weights, TABLE]:
            record = chain.record(name)
            assert record is not None and record.artifact.sha256 in document.text and name in document.text
            assert record.code.fingerprint in document.text
        assert trace.source_digest in document.text and "decoded from the file with this SHA-256" in document.text
        for setting in ("faces.detector centerface", "branch.epochs 2", "mel.n_mels 64", "fusion.weights search"):
            assert setting in document.text
        assert "mel.f_min 0.0" in document.text

    def test_all_sequences_are_named_whose_mean_a_score_is(self, run: Path) -> None:
        subject = find_frame(run, face=True, body=True)[0]
        trace = trace_score(Chain(run), TABLE, subject, 9)
        assert {branch.sequences for branch in trace.branches} == {((0, 16),)}
        path = record_path(run / trace.branches[0].model)
        record = read_record(path)
        options = copy.deepcopy(dict(record.options))
        options["branch"]["sequence"] |= {"length": 8, "stride": 4, "predicted": "averaged"}
        path.write_text(record_text(record.model_copy(update={"options": options})))
        trace = trace_score(Chain(run), TABLE, subject, 9)
        assert trace.branches[0].sequences == ((4, 12), (8, 16))
        description = "2 sequences, whose mean it is, of frames 4 to 11, 8 to 15"
        assert any(description in line for line in score_lines(Chain(run), trace))
        assert "4 to 11, 8 to 15" in page(run, subject, 9).text

    def test_overlapping_sequences_are_named_with_their_window(self, run: Path) -> None:
        subject = find_frame(run, face=True, body=True)[0]
        branch = trace_score(Chain(run), TABLE, subject, 9).branches[0]
        assert branch.window is None
        path = record_path(run / branch.predictions)
        record = read_record(path)
        assert record.options["windowing"] == {"sequences": "paper"}
        windowing = {"sequences": "overlapping", "overlaps": 2, "window": "hann"}
        path.write_text(record_text(record.model_copy(update={"options": {**record.options, "windowing": windowing}})))
        trace = trace_score(Chain(run), TABLE, subject, 9)
        assert trace.branches[0].sequences == ((0, 16), (8, 20)) and trace.branches[0].window == "hann"
        description = "2 sequences, whose mean, weighted by a hann window, it is, of frames 0 to 15, 8 to 19"
        assert any(description in line for line in score_lines(Chain(run), trace))

    def test_a_synthetic_corpus_is_declared_and_no_other(self, run: Path) -> None:
        subject, frame = find_frame(run, face=True, body=True)
        assert "say nothing about people" in page(run, subject, frame).text
        for path in (run / "data/demo").rglob("*.record.json"):
            path.unlink()
        assert "say nothing about people" not in page(run, subject, frame).text

    def test_a_manifest_of_another_video_is_noticed(self, run: Path) -> None:
        subject, frame = find_frame(run, face=True, body=True)
        chain = Chain(run)
        trace = trace_score(chain, TABLE, subject, frame)
        digest = trace.source_digest
        write_page(chain, type(trace)(**{**vars(trace), "source_digest": "0" * len(digest)}), run / "other.html")
        assert "had another SHA-256 than the manifest says" in (run / "other.html").read_text(encoding="utf-8")

    def test_the_same_score_gives_the_same_bytes(self, run: Path) -> None:
        subject, frame = find_frame(run, face=True, body=True)
        assert page(run, subject, frame).html == page(run, subject, frame).html
        assert not record_path(run / "page.html").exists()

    def test_the_command_loads_no_heavy_package(self, finished: Miniature, tmp_path: Path) -> None:
        subject, frame = find_frame(finished.folder, face=True, body=True)
        out = tmp_path / "page.html"
        words = ["trace", TABLE, "--subject", subject, "--frame", str(frame), "--html", str(out)]
        result = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "affectflow.cli.main", *words],
            cwd=finished.folder,
            env=os.environ | {"PYTHONPATH": str(finished.folder / "src")},
            capture_output=True,
            text=True,
        )
        assert result.returncode == 0, result.stderr[-2000:]
        assert out.stat().st_size > 50_000
        modules = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
        assert "affectflow.report.trace.frame_page" in modules
        assert modules.isdisjoint({"torch", "pandas", "matplotlib", "mlflow", "snakemake"})


def paths(svg: str, colour: str) -> str:
    """The commands of the curve of a colour."""
    return next(d for d in re.findall(rf'<path d="([^"]*)" fill="none" stroke="{colour}"', svg))


def test_missing_values_leave_a_gap() -> None:
    values = np.array([0.1, 0.2, np.nan, 0.4, 0.5])
    svg = curves_svg(np.arange(5.0), [Line("F", values, "#123456")], 0, "title")
    assert re.sub("[^ML]", "", paths(svg, "#123456")) == "MLML"


def test_a_curve_of_many_frames_keeps_its_peaks_in_few_points() -> None:
    values = np.zeros(60_000)
    values[31_415] = 1.0
    svg = curves_svg(np.arange(60_000) / 30, [Line("F", values, "#123456")], 5, "title")
    points = re.findall(r"[ML]([0-9.]+),([0-9.]+)", paths(svg, "#123456"))
    top = curves_svg(np.arange(2.0), [Line("F", np.ones(2), "#123456")], 0, "title")
    assert len(points) <= 2000
    assert min(float(y) for _, y in points) == float(re.findall(r",([0-9.]+)", paths(top, "#123456"))[0])


def test_the_frame_is_marked_where_its_time_is() -> None:
    times = np.array([0.0, 1.0, 4.0])  # not evenly spaced
    svg = curves_svg(times, [Line("F", np.zeros(3), "#123456")], 1, "title")
    points = [float(x) for x in re.findall(r"[ML]([0-9.]+),", paths(svg, "#123456"))]
    marker = float(re.findall(r'<circle cx="([0-9.]+)"', svg)[0])
    assert marker == points[1]
    assert (points[1] - points[0]) / (points[2] - points[0]) == pytest.approx(0.25, abs=1e-3)


def test_a_single_frame_can_be_drawn() -> None:
    assert "<circle" in curves_svg(np.array([0.5]), [Line("F", np.array([0.2]), "#123456")], 0, "title")


@pytest.mark.parametrize(("begin", "end"), [(0.0, 0.7), (3.2, 9.9), (0.0, 61.0), (12.0, 4000.0), (0.0, 30_000.0)])
def test_ticks_are_few_and_within(begin: float, end: float) -> None:
    positions = ticks(begin, end)
    assert 2 <= len(positions) <= 18
    assert begin <= positions[0] and positions[-1] <= end
