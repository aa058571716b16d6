"""The index of systems, made from the settings files themselves: `docs/systems.md`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from affectflow.config.data.corpora import SYNTHETIC
from affectflow.config.sharing import files_of, read_extended
from affectflow.config.system.load import load_run
from affectflow.config.system.settings import Run
from affectflow.config.system.systems import System
from affectflow.config.validate import validated

_HEAD = """\
# Systems

Made from `config/systems/*.yaml` and the settings files that run them by `make docs`; a test fails when it drifts. What
a system is stands in the first sentence of its file.

A run is of one system on one corpus: `snakemake --configfile FILE …`. `results/leaderboard.html` has all that were run
in a folder side by side ([leaderboard.md](leaderboard.md)).

| file | what it is | tracks | branches | run by (kind of corpus) | tables of the paper | more |
|---|---|---|---|---|---|---|
"""

# Branches that a row names at most.
_NAMED = 8
_SENTENCE = re.compile(r"(.+?)\.(?= [A-Z]|$)")
_PAGE = re.compile(r" \(docs/(\w+\.md)\)")


def systems_page(root: Path) -> str:
    """The page in Markdown: a row a system.

    Args:
        root: the repository.

    Raises:
        InputError: a settings file is damaged.
    """
    runs = {path: load_run(path) for path in _run_files(root / "config")}
    files = sorted((root / "config" / "systems").glob("*.yaml"))
    return _HEAD + "".join(
        _row(root, path, {run: settings for run, settings in runs.items() if path.resolve() in set(files_of(run))})
        for path in files
    )


def _run_files(config: Path) -> Iterator[Path]:
    """Files with all settings of a run."""
    for path in sorted([*config.glob("*.yaml"), *config.glob("*/*.yaml")]):
        if path.parent.name != "systems" and {"corpus", "system"} <= read_extended(path).keys():
            yield path


def _row(root: Path, path: Path, runs: Mapping[Path, Run]) -> str:
    system = validated(System, read_extended(path), str(path))
    comment = _comment(path)
    sentence = _SENTENCE.match(comment)
    branches = dict.fromkeys(name for track in system.tracks.values() for name in track.branches)
    systems = [system, *(run.system for run in runs.values())]
    cells = [
        _link(root, path, path.name),
        _PAGE.sub("", sentence[1] if sentence else comment),
        ", ".join(system.tracks),
        _shorten(list(branches)),
        "<br>".join(_run_by(root, runs)),
        ", ".join(sorted({name for variant in systems for name in (*variant.tables, *variant.image_tables)})),
        _page(root, comment),
    ]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |\n"


def _run_by(root: Path, runs: Mapping[Path, Run]) -> Iterator[str]:
    """Links to settings files with the kind of their corpus, the demonstration's last."""
    for path, run in sorted(runs.items(), key=lambda item: (item[1].corpus.kind in SYNTHETIC, item[0])):
        yield f"{_link(root, path, path.relative_to(root / 'config').as_posix())} ({run.corpus.kind})"


def _comment(path: Path) -> str:
    """What stands above the settings of a file, as one line."""
    lines: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("#").strip())
    return " ".join(lines)


def _page(root: Path, comment: str) -> str:
    """A link to the page of the paper that a comment names, where there is one."""
    match = _PAGE.search(comment)
    return f"[{match[1]}]({match[1]})" if match and (root / "docs" / match[1]).exists() else ""


def _shorten(names: Sequence[str]) -> str:
    hidden = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {hidden} more" if hidden > 0 else "")


def _link(root: Path, path: Path, title: str) -> str:
    return f"[{title}](../{path.relative_to(root).as_posix()})"
