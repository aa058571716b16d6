"""Every profile says only what Snakemake and its plugins know, and all say the same of what reruns."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from repository import ROOT
from snakemake.cli import get_argument_parser
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

PROFILES = sorted([*ROOT.glob("profiles/*"), *ROOT.glob("workflow/profiles/*")])
PLUGINS = {
    "slurm": "snakemake_executor_plugin_slurm",
    "kubernetes": "snakemake_executor_plugin_kubernetes",
    "storage-s3": "snakemake_storage_plugin_s3",
}
"""How the options of a plugin begin, and its module."""
ALIKE = ("rerun-triggers", "max-checksum-file-size", "rerun-incomplete", "keep-going", "show-failed-logs")


def read(profile: Path) -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((profile / "config.yaml").read_text())
    return values


def plugins_of(profile: Path) -> set[str]:
    """Plugins that a profile names or sets options of."""
    values = read(profile)
    names = {values.get("executor"), f"storage-{values.get('default-storage-provider')}"}
    return {plugin for plugin in PLUGINS if plugin in names or any(key.startswith(f"{plugin}-") for key in values)}


def test_there_are_profiles_for_a_machine_and_for_clusters() -> None:
    assert [profile.name for profile in PROFILES] == ["default", "kubernetes", "slurm"]
    assert [plugins_of(profile) for profile in PROFILES] == [set(), {"kubernetes", "storage-s3"}, {"slurm"}]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_options_are_those_of_snakemake(profile: Path) -> None:
    """Also where the plugins are not installed."""
    options = [key for key in read(profile) if not key.startswith(tuple(f"{plugin}-" for plugin in PLUGINS))]
    snakemake_options = get_argument_parser()._option_string_actions
    assert [key for key in options if f"--{key}" not in snakemake_options] == []


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_snakemake_and_the_plugins_take_the_values(profile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if absent := [PLUGINS[plugin] for plugin in plugins_of(profile) if find_spec(PLUGINS[plugin]) is None]:
        pytest.skip(f"not installed: {', '.join(absent)}")
    try:
        arguments = get_argument_parser(profiles=[str(profile)]).parse_args([])
    except SystemExit:
        pytest.fail(capsys.readouterr().err.splitlines()[-1])
    values = read(profile)
    assert arguments.executor == values.get("executor")
    if arguments.executor:
        ExecutorPluginRegistry().get_plugin(arguments.executor).get_settings(arguments)  # raises where values are wrong
    assert arguments.max_checksum_file_size == values["max-checksum-file-size"]


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_what_reruns_does_not_depend_on_where(profile: Path) -> None:
    default, values = read(ROOT / "profiles/default"), read(profile)
    assert {key: values.get(key) for key in ALIKE} == {key: default[key] for key in ALIKE}


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_rules_that_a_profile_names_exist(profile: Path) -> None:
    rules = {
        name for path in ROOT.glob("rules/*.smk") for name in re.findall(r"^\s*rule (\w+):", path.read_text(), re.M)
    }
    values = read(profile)
    profile_rules = {*values.get("groups", {}), *values.get("set-resources", {}), *values.get("set-threads", {})}
    assert profile_rules - rules == set()
