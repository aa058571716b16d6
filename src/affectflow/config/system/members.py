"""What the sources of a branch have as members: image corpora and video corpora."""

from affectflow.config.system.branch import Branch
from affectflow.core.tracks import TrackName


def members_of(branch: Branch) -> tuple[list[str], dict[str, list[TrackName]]]:
    """Names of the image corpora that a branch's sources have, and of the video corpora with the tracks that are learnt
    from them, each once."""
    images = list(dict.fromkeys(name for its in branch.sources.values() for name in its.images))
    corpora: dict[str, list[TrackName]] = {}
    for its in branch.sources.values():
        for name in its.corpora:
            corpora[name] = list(dict.fromkeys([*corpora.get(name, []), *its.learnt("train")]))
    return images, corpora


def pictures_of(branch: Branch) -> list[tuple[str, str]]:
    """The image corpora that a branch's sources read, each with a split, once."""
    found = [
        (name, split)
        for split in ("train", "validation")
        for its in branch.sources.values()
        for name in its.members(split)[0]
    ]
    return list(dict.fromkeys(found))
