"""The picture of a chain of records."""

import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path

import pytest
from miniature import Miniature
from record_factory import make_artifact, source

from affectflow.artifacts.digest import digest_of, file_digest
from affectflow.lineage.chain import Chain
from affectflow.report.drawing.layered import place
from affectflow.report.trace.lineage_graph import COLOURS, STAGES, boxes_behind, draw_graph

SVG = "{http://www.w3.org/2000/svg}"


def corpus(folder: Path, videos: int) -> str:
    """Videos, label files, and what a training makes of them; the name of the result."""
    names = [source(folder, f"data/videos/v{n}.mp4") for n in range(videos)]
    frames = [make_artifact(folder, f"work/frames/v{n}.arrow", "decode", [name]) for n, name in enumerate(names)]
    faces = [make_artifact(folder, f"work/faces/v{n}.arrow", "align_face", [name]) for n, name in enumerate(frames)]
    texts = [source(folder, f"data/labels/v{n}.txt") for n in range(2)]
    labels = make_artifact(folder, "work/labels.parquet", "labels", texts)
    model = make_artifact(folder, "models/F/model.safetensors", "train", [*faces, labels], run="0123456789abcdef")
    predicted = make_artifact(folder, "predictions/F/test.parquet", "predict", [*faces, model])
    return make_artifact(folder, "results/test.csv", "submit", [predicted])


def draw_svg(folder: Path, *names: str) -> ElementTree.Element:
    out = folder / "graph.svg"
    draw_graph(Chain(folder), names, out)
    return ElementTree.parse(out).getroot()


def words(svg: ElementTree.Element) -> list[str]:
    return [element.text or "" for element in svg.iter(f"{SVG}text")]


def test_a_large_corpus_is_drawn_with_as_many_boxes_as_a_small_one(tmp_path: Path) -> None:
    small = boxes_behind(Chain(tmp_path / "a"), [corpus(tmp_path / "a", 2)])
    large = boxes_behind(Chain(tmp_path / "b"), [corpus(tmp_path / "b", 60)])
    assert len(small[0]) == len(large[0]) == 8
    assert len(small[1]) == len(large[1]) == 8


def test_a_box_says_what_is_in_it(tmp_path: Path) -> None:
    corpus(tmp_path, 3)
    texts = words(draw_svg(tmp_path, "results/test.csv"))
    names = [f"work/faces/v{n}.arrow" for n in range(3)]
    digest = digest_of({name: file_digest(tmp_path / name) for name in names})
    begin = texts.index("align_face")
    assert texts[begin : begin + 4] == [
        "align_face",
        "3 files",
        "work/faces",
        f"{digest[:8]} (list) · 2030-01-02 03:04",
    ]
    assert {"3 videos", "2 label files", "MLflow 01234567"} <= set(texts)
    assert file_digest(tmp_path / "models/F/model.safetensors")[:8] + " · 2030-01-02 03:04" in texts


def test_tooltips_have_full_paths_and_digests_of_a_few(tmp_path: Path) -> None:
    titles = [element.text or "" for element in draw_svg(tmp_path, corpus(tmp_path, 60)).iter(f"{SVG}title")]
    faces = next(text for text in titles if text.startswith("align_face"))
    name = "work/faces/v0.arrow"
    assert f"{name}  {file_digest(tmp_path / name)}" in faces.splitlines()
    assert "… and 36 more" in faces


def test_names_with_marks_of_xml_stay_text(tmp_path: Path) -> None:
    name = "data/<b>&amp; \"x\" 'ü' видео.mp4"
    make_artifact(tmp_path, "results/r.csv", "submit", [source(tmp_path, name)])
    root = draw_svg(tmp_path, "results/r.csv")
    assert name.removeprefix("data/") in words(root)
    assert any(name in (element.text or "") for element in root.iter(f"{SVG}title"))


def test_arrows_go_right_from_what_was_read_to_what_was_made(tmp_path: Path) -> None:
    root = draw_svg(tmp_path, corpus(tmp_path, 2))
    arrows = [element for element in root.iter(f"{SVG}path") if element.get("marker-end")]
    _, lines = boxes_behind(Chain(tmp_path), ["results/test.csv"])
    assert len(arrows) == len(lines)
    for arrow in arrows:
        numbers = [float(word) for word in (arrow.get("d") or "").replace(",", " ").translate(STEPS).split()]
        assert numbers[0] < numbers[-2]


STEPS = str.maketrans("MCHL", "    ")


def test_what_follows_from_another_file_of_its_folder_has_a_box_of_its_own(tmp_path: Path) -> None:
    first = make_artifact(tmp_path, "models/a.safetensors", "train", [source(tmp_path, "data/v.mp4")])
    make_artifact(tmp_path, "models/b.safetensors", "train", [first])
    boxes, lines = boxes_behind(Chain(tmp_path), ["models/b.safetensors"])
    assert len(boxes) == 3 and len(lines) == 2
    assert all(one != other for one, other in lines)


def test_every_rule_has_a_stage_with_colours(root: Path) -> None:
    rules = {path.stem for path in (root / "workflow/scripts").glob("*.py")} - {"on_gpu"}
    assert rules <= set(STAGES)
    assert set(STAGES.values()) <= set(COLOURS)


def test_boxes_of_a_layer_stay_apart_and_lines_that_need_not_cross_do_not() -> None:
    layers = {"a": 0, "b": 0, "c": 0, "x": 1, "y": 1, "z": 1, "end": 3}
    lines = {("a", "z"), ("b", "y"), ("c", "x"), ("a", "end")}
    heights = dict.fromkeys(layers, 40.0) | {"y": 80.0}
    places = place(layers, heights, lines, gap=10)
    for layer in (0, 1):
        column = sorted((name for name in layers if layers[name] == layer), key=places.middles.__getitem__)
        for above, below in pairwise(column):
            room = (heights[above] + heights[below]) / 2 + 10
            assert places.middles[below] - places.middles[above] >= room - 1e-6
    left = sorted("abc", key=places.middles.__getitem__)
    assert sorted("xyz", key=places.middles.__getitem__) == [{"a": "z", "b": "y", "c": "x"}[name] for name in left]
    assert len(places.passes["a", "end"]) == 2 and places.passes["a", "z"] == []
    assert min(places.middles[name] - heights[name] / 2 for name in layers) >= -1e-6
    assert max(places.middles[name] + heights[name] / 2 for name in layers) <= places.height + 1e-6


@pytest.mark.slow
def test_the_command_draws_a_finished_run(finished: Miniature, tmp_path: Path) -> None:
    out = tmp_path / "graph.svg"
    finished.affectflow("trace", "results/test_track1.csv", "--graph", out)
    texts = words(ElementTree.parse(out).getroot())
    assert {"decode", "align_face", "train", "predict", "fuse", "submit", "6 videos"} <= set(texts)
    assert set(texts) >= {"source", "preprocessing", "training", "prediction", "fusion", "result"}
    assert str(finished.folder) not in out.read_text(encoding="utf-8")
