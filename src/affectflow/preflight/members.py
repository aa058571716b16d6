"""What the sources of branches have as members, checked at the start of a run: image corpora and video corpora."""

from collections.abc import Iterator
from pathlib import Path

from affectflow.artifacts.layout import CorpusLayout
from affectflow.config.system.branch import Branch
from affectflow.config.system.members import members_of
from affectflow.config.system.settings import Run
from affectflow.core.errors import InputError
from affectflow.core.tracks import TrackName


def corpus_files(name: str, tracks: list[TrackName], root: Path = Path()) -> list[Path]:
    """The artifacts of another corpus from which a branch learns tracks: manifests, labels, and the faces of all
    subjects to train and to validate.

    Raises:
        InputError: one of them is not there.
    """
    # Imported here: most starts end without them.
    import pyarrow.compute as pc

    from affectflow.artifacts.schemas import MANIFEST
    from affectflow.artifacts.tables import read_parquet

    layout, files = CorpusLayout(name), list[Path]()
    for track in tracks:
        files += [root / layout.manifest(track), root / layout.labels(track)]
        if files[-2].exists():
            table = read_parquet(files[-2], MANIFEST)
            shards = table.filter(pc.not_equal(table["split"], "test"))["shard"].to_pylist()
            files += [root / layout.artifact("faces", shard) for shard in sorted(set(shards))]
    if missing := sorted({str(path) for path in files if not path.exists()}):
        listing = ", ".join(missing[:5]) + (f" and {len(missing) - 5} more" if len(missing) > 5 else "")
        raise InputError(
            f"{listing}: no such file, which a run on corpus {name} makes. Make the artifacts of {name} in this folder "
            f"first, with settings whose corpus.name is {name} and whose tracks have {', '.join(tracks)}: "
            "`snakemake --cores 8 --configfile SETTINGS.yaml artifacts`"
        )
    return list(dict.fromkeys(files))


def check_members(run: Run) -> None:
    """Check that the corpora of still pictures that are named stand in the settings.

    Raises:
        InputError: one of a source or of `scored_images` does not.
    """
    if unknown := [name for name in run.system.scored_images if name not in run.images]:
        raise InputError(
            f"system.scored_images has {', '.join(unknown)}, and the setting images has "
            f"{', '.join(run.images) or 'no corpus'}. Say there where the pictures lie, or leave it out of "
            "system.scored_images"
        )
    for where, branch in _learning(run):
        if unknown := [name for name in members_of(branch)[0] if name not in run.images]:
            raise InputError(
                f"{where}.sources has the images {', '.join(unknown)}, and the setting images has "
                f"{', '.join(run.images) or 'no corpus'}. Say there where the pictures lie: images.{unknown[0]} with "
                "kind and root; or leave them out of the source"
            )


def find_members(run: Run) -> None:
    """Look for the artifacts of all video corpora of sources but the run's own.

    Raises:
        InputError: some are not there; says how to make them, and how to do without.
    """
    problems: dict[str, str] = {}
    for where, branch in _learning(run):
        for name, tracks in members_of(branch)[1].items():
            if name == run.corpus.name:
                continue
            try:
                corpus_files(name, tracks)
            except InputError as error:
                problems.setdefault(str(error), f"{where}.sources: {error}; or leave {name} out of the source")
    if problems:
        raise InputError("\n".join(problems.values()))


def users_of(run: Run, images: str) -> list[str]:
    """Settings that have an image corpus in a source, or among what is scored."""
    users = [f"{where}.sources" for where, branch in _learning(run) if images in members_of(branch)[0]]
    return users + ["system.scored_images"] * (images in run.system.scored_images)


def _learning(run: Run) -> Iterator[tuple[str, Branch]]:
    for track, system in run.used.items():
        for name, branch in system.branches.items():
            if branch.sources:
                yield f"tracks.{track}.branches.{name}", branch
