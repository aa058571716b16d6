"""Plans of shipped settings on a corpus of four shards that exists by name alone."""

from pathlib import Path

from repository import ROOT

from affectflow.config.system.load import load_run
from affectflow.datasets.video.listing import Listing
from affectflow.datasets.video.shard import Subject, Video, shards
from affectflow.workflow.plan.plan import Plan

SPLITS = {"a": "train", "b": "train", "c": "validation", "d": "test"}
"""Each subject is in a video and a shard of its own, named like it."""


def plan_of(config: str, labelled: bool = True, test: bool = True, **changes: object) -> Plan:
    """A shipped configuration with some top-level settings changed, on four videos.

    Args:
        config: its file.
        labelled: whether subjects have labels.
        test: whether somebody is to be tested.
        changes: of the settings.
    """
    run = load_run([ROOT / config], changes)
    splits = {name: split for name, split in SPLITS.items() if test or split != "test"}
    videos = tuple(Video(name, Path(f"videos/{name}.mp4"), (Subject(name),)) for name in splits)
    labels = {name: (Path(f"labels/{name}.txt"),) for name, split in splits.items() if labelled and split != "test"}
    listing = Listing(videos, splits, labels)
    return Plan(run, dict.fromkeys(run.used, listing), shards(videos, 1))
