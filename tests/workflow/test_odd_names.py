"""Names that Snakemake would read as another, or could not have, end in words of ours at the start; all others run."""

import re
from pathlib import Path
from typing import Any

import pytest
from miniature import SETTINGS, Miniature, make_miniature, plain_yaml, write

from affectflow.config.reading import merge
from affectflow.core.errors import InputError
from affectflow.workflow.names import literal

# Each is one file of a corpus. A colon, a dash before all, quotes, a new line and patterns of the shell are no harm.
HARMLESS = [
    "a b", "a:b", "-a", "a\nb", "a'b", 'a"b', "a$b", "a;b", "%s", "a*b", "a[0]", "a,b", "a=b", "é", "a\\b", "a|b",
    "shard", "preview", "a::b", "a..b", "a\tb", "a&b", "a?b", "~a", "#a", "http:a", "<A>", "< a>", "x" * 240,
]  # fmt: skip
REFUSED = {
    "a{b}": "a brace", "{shard}": "a brace", "a}": "a brace", "{{a}}": "a brace", "<logs>": "a word in angle brackets",
    "x<a_1>": "a word in angle brackets",
}  # fmt: skip


@pytest.fixture(scope="module")
def project(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Miniature:
    return make_miniature(root, tmp_path_factory.mktemp("names") / "project")


def refusal(project: Miniature, **changes: Any) -> str:
    """What the start of the workflow says, which must end there: without a trace and without a word on wildcards."""
    write(project, plain_yaml(merge(SETTINGS, changes)))
    result = project.snakemake("-n", check=False)
    output = result.stdout + result.stderr
    assert result.returncode != 0
    assert "ildcard" not in output and "Building DAG" not in output
    return output


def videos(project: Miniature, *names: str) -> dict[str, Any]:
    folder = project.folder / "videos"
    for old in folder.glob("*"):
        old.unlink()
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / f"{name}.mp4").touch()
    return {"kind": "folder", "root": "videos"}


@pytest.mark.parametrize("name", [*HARMLESS, "videos/a.mp4", "../x", "/abs/x", "."])
def test_a_harmless_name_is_taken_as_it_is(name: str) -> None:
    assert literal(Path(name)) == str(Path(name))


@pytest.mark.parametrize(("name", "reason"), REFUSED.items())
def test_a_name_that_snakemake_would_read_as_another_is_refused(name: str, reason: str) -> None:
    with pytest.raises(
        InputError, match=re.escape(f"/{name}.mp4: the workflow takes no file whose name holds {reason}")
    ):
        literal(f"videos/{name}.mp4")


def test_all_harmless_names_are_planned_together(project: Miniature) -> None:
    changes = {"corpus": videos(project, *HARMLESS)}
    write(project, plain_yaml({**SETTINGS, **changes}))
    jobs = project.planned("previews")
    assert len([rule for rule, _ in jobs if rule == "decode"]) == len(HARMLESS)


def test_an_odd_video_ends_the_start(project: Miniature) -> None:
    for name, reason in (("a{b}", "a brace"), ("<logs>", "a word in angle brackets")):
        corpus = videos(project, "whole", name)
        write(project, plain_yaml({**SETTINGS, "corpus": corpus}))
        result = project.snakemake("-n", check=False)
        assert result.returncode != 0
        assert (
            f"videos/{name}.mp4: the workflow takes no file whose name holds {reason}" in result.stdout + result.stderr
        )
        assert "Building DAG" not in result.stdout + result.stderr


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"corpus": {"root": "data/de{mo}"}}, "data/de{mo}: the workflow takes no file whose name holds a brace"),
        (
            {"corpus": {"root": "<results>/x"}},
            "<results>/x: the workflow takes no file whose name holds a word in angle",
        ),
        ({"weights_dir": "we{i}ghts"}, "we{i}ghts: the workflow takes no file whose name holds a brace"),
        ({"corpus": {"root": "results/demo"}}, "corpus.root: results/demo lies in results, which the workflow writes"),
        ({"corpus": {"root": "./work"}}, "corpus.root: work lies in work, which the workflow writes"),
        ({"corpus": {"name": "a" * 101}}, "corpus.name: String should have at most 100 characters"),
        ({"corpus": {"name": "../x"}}, "corpus.name: String should match pattern"),
        ({"corpus": {"name": "x\n"}}, "corpus.name: String should match pattern"),
        ({"system": {"name": "-x"}}, "system.name: String should match pattern"),
        ({"system": {"name": "a b"}}, "system.name: String should match pattern"),
        ({"system": {"tracks": {"va": {"branches": {"F{x}": {}}}}}}, "String should match pattern"),
        ({"system": {"tracks": {"va/x": {}}}}, "system.tracks.va/x"),
        ({"seed": -1}, "seed: Input should be greater than or equal to 0"),
    ],
)
def test_an_odd_name_in_settings_ends_the_start(project: Miniature, changes: dict[str, Any], message: str) -> None:
    assert message in refusal(project, **changes)


@pytest.mark.parametrize(
    "folder", ["data/de mo", "-data", "data/de:mo", ".", "data/de\nmo", "../out", "data//x/../demo/"]
)
def test_any_other_folder_of_the_demo_is_planned(project: Miniature, folder: str) -> None:
    write(project, plain_yaml(merge(SETTINGS, {"corpus": {"root": folder}})))
    assert {rule for rule, _ in project.planned("previews")} >= {"demo", "decode", "preview"}
