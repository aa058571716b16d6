"""What the tables of reruns share: the rules of jobs, and a finished run in two ways."""

import re

from miniature import Job

OUTPUTS = {"fuse", "apply_fusion", "score", "metrics", "submit", "score_held_out"}
LEARNING = {"train", "predict", *OUTPUTS}
PREPROCESSING = {"decode", "find_people", "align_face", "mask_body", "resize", "spectrogram"}


def rules_of(jobs: set[Job]) -> set[str]:
    return {rule for rule, _ in jobs}


def branches_of(jobs: set[Job], rule: str) -> set[str]:
    return {match[1] for name, wildcards in jobs if name == rule and (match := re.search(r"branch=(\w+)", wildcards))}
