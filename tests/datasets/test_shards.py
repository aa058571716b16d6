"""How videos are shared out among preprocessing jobs, and what a growing corpus changes of it."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from affectflow.datasets.video.shard import Video, shards


def test_one_video_a_shard_bears_its_name_where_that_is_plain() -> None:
    names = ["12-24-1920x1080", "-x", "a b", "ü'\"", "a_b"]
    videos_by_shard = shards([Video(name, Path(name)) for name in names], 1)
    assert {"12-24-1920x1080", "a_b"} <= set(videos_by_shard)
    assert len(videos_by_shard) == len(names)
    assert all(c.isascii() and (c.isalnum() or c in "-_.") for shard in videos_by_shard for c in shard)


def test_shards_hold_every_video_once_and_about_as_many_as_asked() -> None:
    videos = [Video(f"clip{number}", Path("x")) for number in range(500)]
    videos_by_shard = shards(videos, 10)
    assert sorted(v.video for group in videos_by_shard.values() for v in group) == sorted(v.video for v in videos)
    assert len(videos_by_shard) == 50
    assert max(map(len, videos_by_shard.values())) < 40


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.integers(2, 20))
def test_a_new_video_dirties_its_shard_and_splits_at_most_one(count: int, per_shard: int) -> None:
    videos = [Video(f"clip{number}", Path("x")) for number in range(count)]
    before, after = shards(videos, per_shard), shards([*videos, Video("new", Path("x"))], per_shard)
    changed_shards = {name for name, group in after.items() if before.get(name) != group}
    splits = count % per_shard == 0  # the corpus has outgrown its shards
    assert len(changed_shards) == 1 if not splits else 1 <= len(changed_shards) <= 3
    moved_videos = {video for name in set(before) - set(after) for video in before[name]}
    staying_videos = {video for name in set(before) & set(after) for video in before[name]}
    assert len(moved_videos) + len(staying_videos) == count and len(set(before) - set(after)) <= splits


def test_shards_of_the_size_of_hume_reaction_never_all_change() -> None:
    videos = [Video(f"{number:05d}", Path("x")) for number in range(25_610)]
    for count in (25_067, 25_599, 25_600, 25_601):
        before, after = shards(videos[:count], 100), shards(videos[: count + 1], 100)
        assert sum(before.get(name) != group for name, group in after.items()) <= 3
