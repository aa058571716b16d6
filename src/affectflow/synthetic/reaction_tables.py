"""The tables of the demo corpus of reactions, in the format of Hume-Reaction."""

from collections.abc import Iterable, Mapping

from affectflow.artifacts.atomic import write_text
from affectflow.config.data.clip_corpora import HumeDemoCorpus
from affectflow.core.generators import Array
from affectflow.core.tracks import track_of
from affectflow.datasets.video.demo_clips import README
from affectflow.datasets.video.demo_reactions import HELD_OUT_LABELS, LABELS, PARTITION, Reaction
from affectflow.datasets.video.hume_tables import FILE_ID

_SPLIT = {"train": "train", "validation": "val", "test": "test"}
_DECLARATION = """\
A SYNTHETIC corpus in the layout of Hume-Reaction, made by `affectflow demo`.

Every video shows one photograph (the public-domain portrait of scikit-image), animated by a program. A random curve of
"valence" and "arousal" steers each clip, and the "intensities of reactions" are a rule on the curve's mean. Nobody
felt, played or annotated any of them: scores on this corpus show that software works and say nothing about people.

held_out_test_labels/ is read by nothing but the declared test score of the demo.
"""


def write_tables(corpus: HumeDemoCorpus, intensities: Mapping[Reaction, Array]) -> None:
    """Write the declaration, the splits of all clips, and what is felt in them: of the test clips in a folder apart."""
    reactions = sorted(intensities, key=lambda reaction: reaction.name)
    rows = [f"[{reaction.name}],{_SPLIT[reaction.clip.split]}" for reaction in reactions]
    write_text(corpus.root / PARTITION, "\n".join([f"{FILE_ID},Split", *rows]) + "\n")
    write_text(
        corpus.root / LABELS,
        _labels(intensities, (reaction for reaction in reactions if reaction.clip.split != "test")),
    )
    write_text(
        corpus.root / HELD_OUT_LABELS,
        _labels(intensities, (reaction for reaction in reactions if reaction.clip.split == "test")),
    )
    write_text(corpus.root / README, _DECLARATION)


def _labels(intensities: Mapping[Reaction, Array], reactions: Iterable[Reaction]) -> str:
    rows = [
        ",".join([f"[{reaction.name}]", *(f"{value:.2f}" for value in intensities[reaction].tolist())])
        for reaction in reactions
    ]
    return "\n".join([",".join((FILE_ID, *track_of("eri").header)), *rows]) + "\n"
