"""Every configuration that is shipped: the command in its header, on miniatures in official layouts, plans every
training that the tables it names need."""

import re
import shlex
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from miniature import Job, Miniature, jobs_of, make_miniature
from official_layouts import write_corpora
from repository import ROOT

from affectflow.config.evaluation.paper_tables import PaperTable
from affectflow.config.system.load import load_run
from affectflow.config.system.settings import Run
from affectflow.core.tracks import TrackName
from affectflow.pretrained.weights import kept_path, read_registry

CONFIGS = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("config", "config/finetune")
    for path in (ROOT / folder).glob("*.yaml")
    if re.search(r"^system:", path.read_text(encoding="utf-8"), re.MULTILINE)
)
DEFAULT = "config/config.yaml"
"""What the bare command runs, which README.md tells."""
TRAININGS = {
    "config/affwild2.yaml": 3,
    "config/affwildnet.yaml": 5,  # rows of table II but the cited one
    "config/multirnn_affwild2.yaml": 6,
    "config/multirnn.yaml": 6,  # rows of table III; decision-level fusion has no training of its own
    "config/mtvgg_affwild.yaml": 2,
    "config/mtvgg.yaml": 5,  # rows of table IV, and MT-VGG on spectrograms, from which the audio stream starts
    "config/finetune/affwild.yaml": 4,
    "config/finetune/stills.yaml": 3,
    "config/facebehaviornet.yaml": 6,  # three single tasks, three of all
    "config/vu.yaml": 6 * 10,  # ten seeds
    "config/meng.yaml": (8 + 1 + 4 + 6) * 3 + 5,  # tables 5, 1, 3 and 4, of three seeds; table 2, of five folds
    "config/li_hume.yaml": 7 * 3,
    "config/li_affwild2.yaml": 4 * 3,
}
"""How many trainings of branches the tables of a full configuration's command show or need, counted by hand from the
papers' tables. Of what is not here, two: of each other corpus of videos of table IV."""

Branch = tuple[TrackName, str]


def commands_of(text: str) -> list[str]:
    """The commands of a text that run the workflow, each on one line and without a comment behind it."""
    lines = re.sub(r"\\\n#?\s*", "", text)
    matches = re.findall(r"^#?\s*(snakemake --[^#\n]*)", lines, re.MULTILINE)
    return [" ".join(command.split()) for command in matches]


def command_of(config: str) -> str:
    """The one command in the header of a configuration."""
    header = re.match(r"(#.*\n)+", (ROOT / config).read_text(encoding="utf-8"))
    (command,) = commands_of(header[0] if header else "")
    return command


@pytest.fixture(scope="module")
def project(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    miniature = make_miniature(root, tmp_path_factory.mktemp("shipped") / "project")
    (miniature.folder / "weights").mkdir()
    for name in read_registry(ROOT / "config/weights.yaml"):
        kept_path(name, miniature.folder / "weights").write_bytes(b"")  # a plan does not look into them
    return miniature


@pytest.fixture
def empty_folder(project: Miniature, monkeypatch: pytest.MonkeyPatch) -> Iterator[Miniature]:
    """The project without what the configuration before it was tried on."""
    shutil.copytree(ROOT / "config", project.folder / "config", dirs_exist_ok=True)
    for name in ("data", "work", "models", "results", ".affectflow"):
        shutil.rmtree(project.folder / name, ignore_errors=True)
    monkeypatch.chdir(project.folder)
    yield project


def add_dependencies(run: Run, branches: Iterable[Branch]) -> set[Branch]:
    """Branches, and those that they start from, learn from or read, whose trainings come first."""
    closure: set[Branch] = set()
    pending = list(branches)
    while pending:
        track, name = pending.pop()
        if (track, name) not in closure:
            closure.add((track, name))
            branch = run.used[track].branches[name]
            others = {n: t for t in branch.tracks or (track,) for n in run.used[t].branches}
            pending += [(others[n], n) for n in branch.made_from if n in others]
    return closure


def find_shown_branches(run: Run, table: PaperTable) -> set[Branch]:
    """The branches whose scores a table of the paper shows: of its rows those that have a validation score."""
    return {
        (track, branch)
        for track in table.tracks
        if track in run.used
        for title, method in run.used[track].validated.items()
        if (title in table.methods if table.methods else method.paper_test or table.split == "validation")
        for branch in method.branches
    }


def find_trainings(run: Run, target: str) -> set[Job]:
    """The trainings that a target of a command needs, as jobs."""
    name = Path(target).stem
    seeds: Iterable[int] = [run.seed]
    folds = ["official"]
    if target == "models":
        branches = {(track, name) for track, system in run.used.items() for name in system.branches}
    elif number := re.fullmatch(r"(?:test|validation)_track(\d)", name):
        (track,) = [t for t in run.used if run.track(t).number == int(number[1])]
        system = run.used[track]
        branches = {(track, branch) for branch in system.methods[system.submit].branches}
    elif name in run.system.image_tables:
        table_branches = {branch for row in run.system.image_tables[name].rows.values() for branch in row.branches}
        table_branches |= {few.start for title, few in run.system.few_shot.items() if title in table_branches}
        branches = {(track, b) for track, system in run.used.items() for b in system.branches if b in table_branches}
    else:
        table = run.system.tables[name]
        branches = find_shown_branches(run, table)
        seeds = run.training_seeds if table.over == "seeds" else seeds
        folds += [f"fold{part}" for part in range(1, run.folds + 1)] if table.over == "folds" else []
    jobs = set()
    for track, branch in add_dependencies(run, branches):
        settings = run.used[track].branches[branch]
        for fold in folds:
            for seed in seeds:
                jobs.add(("train", f"task={settings.task(track)}, branch={branch}, fold={fold}, seed={seed}"))
        encoders = [
            run.system.features[name].published for name in (settings.features.sets if settings.features else ())
        ]
        for start in {*settings.init.values(), *encoders} & set(run.system.pretraining):
            jobs.add(("pretrain", f"pretraining={start}, seed={run.seed}"))
    return jobs


@pytest.mark.parametrize("config", [name for name in CONFIGS if name != DEFAULT])
def test_the_command_of_a_header_plans_every_training_that_its_tables_need(
    empty_folder: Miniature, config: str
) -> None:
    words = shlex.split(command_of(config))
    assert words[:3] == ["snakemake", "--configfile", config]
    run = load_run(empty_folder.folder / config)
    write_corpora(run)
    targets = [word for word in words if word.startswith("results/") or word == "models"]
    jobs = jobs_of(empty_folder.snakemake("-n", *words[1:]).stdout)
    expected = set().union(*(find_trainings(run, target) for target in targets))
    assert expected and expected <= jobs, sorted(expected - jobs)
    if "/demo_" not in config:
        assert sum(rule == "train" for rule, _ in expected) == TRAININGS.get(config, 2)


def test_documentation_shows_the_commands_of_the_headers() -> None:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    commands = {command for page in pages for command in commands_of(page.read_text(encoding="utf-8"))}
    headers = {command_of(config) for config in CONFIGS if config != DEFAULT}
    assert headers <= commands, sorted(headers - commands)
    with_tables = {command for command in commands if "--configfile config/" in command and "results/" in command}
    assert with_tables <= headers, sorted(with_tables - headers)
