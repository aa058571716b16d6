"""What the sources of a branch have as members: image corpora and video corpora."""

from affectflow.config.system.branch import Branch
from affectflow.core.tracks import TrackName


def members_of(branch: Branch) -> tuple[list[str], dict[str, list[TrackName]]]:
    """Names of the image corpora that a branch's sources have, and of the video corpora with the tracks that are learnt
    from them, each once."""
    images = list(dict.fromkeys(name for source in branch.sources.values() for name in source.images))
    corpora: dict[str, list[TrackName]] = {}
    for source in branch.sources.values():
        for name in source.corpora:
            corpora[name] = list(dict.fromkeys([*corpora.get(name, []), *source.learnt("train")]))
    return images, corpora


def pictures_of(branch: Branch) -> list[tuple[str, str]]:
    """The image corpora that a branch's sources read, each with a split, once."""
    pictures = [
        (name, split)
        for split in ("train", "validation")
        for source in branch.sources.values()
        for name in source.members(split)[0]
    ]
    return list(dict.fromkeys(pictures))
