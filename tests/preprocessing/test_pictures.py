"""Small square pictures, stored frames of that size, and the mask of equation 2."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from artifact_factory import BOX, HEIGHT, WIDTH, Person, jpeg, make_corpus
from hypothesis import given, settings
from hypothesis import strategies as st

from affectflow.artifacts.schemas import FRAMES, RESIZED
from affectflow.artifacts.tables import arrow_writer, read_arrow
from affectflow.config.data.preprocessing import Resize
from affectflow.core.errors import InputError
from affectflow.dataloading.masking import mask_boxes
from affectflow.preprocessing.media.pictures import Frames
from affectflow.preprocessing.media.resize import resize_shard
from affectflow.preprocessing.media.square import square


def test_equation_2_at_full_size():
    pictures = torch.randint(1, 255, (2, HEIGHT, WIDTH, 3), dtype=torch.uint8)
    left, top, right, bottom = (int(edge) for edge in BOX)
    boxes = torch.tensor([BOX, BOX]) / torch.tensor([WIDTH, HEIGHT, WIDTH, HEIGHT])
    masked = mask_boxes(pictures, boxes, torch.tensor([True, False]))
    expected = pictures.clone()
    expected[0, top:bottom, left:right] = 0
    assert torch.equal(masked, expected)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1, width=32), min_size=4, max_size=4))
def test_every_pixel_that_the_box_touches_is_masked(edges: list[float]):
    (left, right), (top, bottom) = sorted(edges[:2]), sorted(edges[2:])
    box = torch.tensor([left, top, right, bottom])
    masked = mask_boxes(torch.ones(10, 10, 1), box, torch.tensor(True))[..., 0]
    for i in range(10):
        for j in range(10):
            overlap_x = min(right * 10, j + 1) - max(left * 10, j)
            overlap_y = min(bottom * 10, i + 1) - max(top * 10, i)
            if min(overlap_x, overlap_y) > 1e-3:
                assert masked[i, j] == 0
            elif min(overlap_x, overlap_y) < 0:
                assert masked[i, j] == 1


def test_decoding_at_reduced_size_gives_the_same_picture():
    random = np.random.default_rng(0)
    blocks = np.kron(random.integers(40, 200, (6, 8, 3)), np.ones((60, 60, 1))).astype(np.uint8)
    smooth = cv2.GaussianBlur(blocks, (0, 0), 20)
    data = memoryview(jpeg(smooth))
    small = square(data, 40, (480, 360))
    whole = square(data, 40, (0, 0))  # of unknown extent: decoded whole
    assert small.shape == (40, 40, 3)
    assert np.abs(small.astype(int) - whole.astype(int)).mean() < 2
    part = square(data, 24, (480, 360), np.array([60, 120, 120, 180], np.float32))
    assert np.abs(part.reshape(-1, 3).mean(0) - smooth[120:180, 60:120].reshape(-1, 3).mean(0)).max() < 2


def test_bytes_that_are_no_picture_are_named():
    with pytest.raises(ValueError, match="JPEG"):
        square(memoryview(b"not a picture"), 16, (64, 48))


def test_stored_squares_are_the_frames_made_smaller(tmp_path: Path):
    _, _, work = make_corpus(tmp_path, [Person("p", "train", 7, shard="s"), Person("q", "train", 5, shard="s")])
    frames, out = Frames(work / "frames/s.arrow"), tmp_path / "s.arrow"
    resize_shard(work / "frames/s.arrow", 24, Resize(), out)
    rows = read_arrow(out, RESIZED).to_pylist()
    assert [(row["video"], row["frame"]) for row in rows] == [
        *(("p", k) for k in range(7)),
        *(("q", k) for k in range(5)),
    ]
    for row in rows:
        resized = cv2.imdecode(np.frombuffer(row["jpeg"], np.uint8), cv2.IMREAD_COLOR)
        whole = frames.picture(row["video"], row["frame"])
        assert resized.shape == (24, 24, 3)
        assert np.abs(resized - cv2.resize(whole, (24, 24), interpolation=cv2.INTER_AREA).astype(float)).mean() < 4
    small, large = tmp_path / "small.arrow", tmp_path / "large.arrow"
    for path, quality in ((small, 30), (large, 100)):
        resize_shard(work / "frames/s.arrow", 48, Resize(quality=quality), path)
    assert small.stat().st_size < large.stat().st_size


def test_a_damaged_frame_is_named(tmp_path: Path):
    with arrow_writer(tmp_path / "frames.arrow", FRAMES) as rows:
        for frame, data in enumerate((jpeg(np.zeros((48, 64, 3), np.uint8)), b"no picture")):
            rows.append({"video": "v", "frame": frame, "time": frame / 25, "jpeg": data})
    with pytest.raises(InputError, match=r"frames\.arrow: frame 1 of 'v' is not a JPEG picture"):
        resize_shard(tmp_path / "frames.arrow", 24, Resize(), tmp_path / "out.arrow")
    assert not (tmp_path / "out.arrow").exists()
