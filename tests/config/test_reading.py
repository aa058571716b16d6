"""Settings are read as DVC reads them, YAML 1.2, from files and from the command line."""

import math
from pathlib import Path
from typing import Any

import pytest
from dvc.utils.serialize import dumps_yaml, parse_yaml
from hypothesis import given
from hypothesis import strategies as st
from miniature import Miniature, make_miniature

from affectflow.config.reading import parse, read_overrides, read_yaml
from affectflow.core.errors import InputError

# Text and what YAML 1.2 says of it; YAML 1.1 takes the first eleven for 8, 90, false, true, text and so on.
SCALARS: list[tuple[str, Any]] = [
    ("010", 10), ("-012", -12), ("08", 8), ("0o10", 8), ("1:30", "1:30"), ("1:30:2.5", "1:30:2.5"),
    ("off", "off"), ("yes", "yes"), ("No", "No"), ("1e-3", 0.001), ("1e3", 1000.0), ("on", "on"), ("n", "n"),
    ("true", True), ("False", False), ("~", None), ("null", None), ("", None), ("12", 12), ("+3", 3), ("0x1F", 31),
    ("5.", 5.0), (".5", 0.5), ("1.0E+2", 100.0), (".inf", math.inf), ("-.inf", -math.inf), ("'010'", "010"),
    ('"off"', "off"), ("0.1.2", "0.1.2"), ("sqlite:///mlflow.db", "sqlite:///mlflow.db"), ("[010, off]", [10, "off"]),
]  # fmt: skip
WORDS = st.text("0123456789+-.:eEoxXbnyNYfaltrsuTOFAILNRSU_~ '\"", max_size=8)
SCALAR = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS


def by_dvc(text: str) -> Any:
    try:
        return repr(parse_yaml(text, "settings.yaml")["a"])
    except Exception:  # whatever its reader says: that it refuses is what is compared
        return "refused"


def by_us(text: str) -> Any:
    try:
        return repr(parse(text, "settings.yaml")["a"])
    except (InputError, TypeError, KeyError):
        return "refused"


@pytest.mark.parametrize(("text", "value"), SCALARS)
def test_a_scalar_means_what_yaml_1_2_says_and_what_it_means_to_dvc(text: str, value: Any) -> None:
    assert repr(parse(f"a: {text}", "x")["a"]) == repr(value)
    assert by_dvc(f"a: {text}") == repr(value)


@given(WORDS)
def test_any_scalar_means_to_us_what_it_means_to_dvc(word: str) -> None:
    assert by_us(f"a: {word}") == by_dvc(f"a: {word}")


@given(st.recursive(SCALAR, st.lists, max_leaves=5))
def test_what_dvc_writes_is_read_back(value: Any) -> None:
    assert parse(dumps_yaml({"a": value}), "x") == {"a": value} == parse_yaml(dumps_yaml({"a": value}), "x")


def test_every_shipped_file_means_to_us_what_it_means_to_dvc(root: Path) -> None:
    files = sorted(root.glob("config/**/*.yaml"))
    assert len(files) > 35
    for path in files:
        assert repr(read_yaml(path)) == repr(parse_yaml(path.read_text(), path)), path


def test_overrides_are_read_by_the_same_rules_and_merged() -> None:
    words = ["seed=010", "device={threads: 010}", "device={precision: off}", "tracking={uri: 'http://a:1'}", "tracks="]
    assert read_overrides(words) == {
        "seed": 10,
        "device": {"threads": 10, "precision": "off"},
        "tracking": {"uri": "http://a:1"},
        "tracks": None,
    }
    with pytest.raises(InputError, match=r"--config device, line 1, column 9: not valid YAML"):
        read_overrides(["device={threads"])


def test_the_workflow_reads_its_settings_by_these_rules(root: Path, tmp_path: Path) -> None:
    """From `--configfile` and from `--config`; by YAML 1.1 the first were 8, the second 90."""
    project: Miniature = make_miniature(root, tmp_path / "project")
    path = project.folder / "config/config.yaml"
    path.write_text(path.read_text().replace("subjects:\n  - 3\n", "subjects:\n  - 010\n"))
    for options in ((), ("--configfile", "config/config.yaml")):
        # Ten and not eight people: those of training, and five others.
        output = project.snakemake("-n", "-p", "corpus", *options, "--config", "tracks=[va]").stdout
        assert '"subjects":[10,2,3]' in output
    result = project.snakemake("-n", "--config", "device={threads: 1:30}", check=False)
    assert "device.threads" in result.stdout + result.stderr
    assert "found '1:30'" in result.stdout + result.stderr
