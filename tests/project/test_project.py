"""The project's own shape: rules, environments, locks and documents agree with each other."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from affectflow.lineage.code import locked_versions

RULE = re.compile(r"^( *)rule (\w+):\n(.*?)(?=^\1\S|\Z)", re.MULTILINE | re.DOTALL)


def rules(root: Path) -> dict[str, str]:
    bodies: dict[str, str] = {}
    for path in sorted((root / "rules").glob("*.smk")):
        if path.name == "targets.smk":  # names for what others make
            continue
        for match in RULE.finditer(path.read_text()):
            bodies[match[2]] = match[3]
    return bodies


def test_every_rule_says_why_and_keeps_log_time_code_and_environment(root: Path) -> None:
    bodies = rules(root)
    assert {"decode", "align_face", "mask_body", "resize", "spectrogram", "train", "fuse", "submit"} <= set(bodies)
    for name, body in bodies.items():
        assert re.match(r'\s+"""[A-Z].+', body), f"{name} has no docstring"
        for key in ("output", "log", "benchmark", "threads", "resources", "conda", "shell"):
            assert re.search(rf"^ +{key}:", body, re.MULTILINE), f"{name} has no {key}"
        script = re.search(r"workflow/scripts/(?!on_gpu)(\w+)\.py", body)
        assert script and script[1] == name, f"{name} calls another script"
        assert (root / "workflow" / "scripts" / f"{name}.py").is_file()
        assert f'code("{name}"' in body, f"{name} does not carry its own code fingerprint"
        assert re.search(r"^ +params:\n +code=", body, re.MULTILINE), f"{name} is not compared by its code"


def test_every_rule_file_opens_with_its_interface(root: Path) -> None:
    files = list((root / "rules").glob("*.smk"))
    assert files
    for path in files:
        head = path.read_text().splitlines()[:3]
        assert any(line.startswith("# NEEDS") for line in head), path.name
        assert any(line.startswith("# GIVES") for line in head), path.name


@pytest.mark.parametrize("name", ["media", "audio", "vision", "openpose", "train"])
def test_conda_environments_carry_the_pins_of_the_lock(root: Path, name: str) -> None:
    environment = yaml.safe_load((root / "envs" / f"{name}.yaml").read_text())
    locked = locked_versions(root)
    pins = [p for part in environment["dependencies"] if isinstance(part, dict) for p in part["pip"]]
    extra = root / "envs" / f"{name}.post-deploy.sh"
    if extra.exists():
        pins += re.findall(r"[\w-]+==[\w.]+", extra.read_text())
    assert pins
    assert "python=3.11" in environment["dependencies"]
    for pin in pins:
        package, _, version = pin.partition("==")
        assert version in locked[package], pin


def test_rules_name_environments_that_exist(root: Path) -> None:
    environments = set(re.findall(r'"\.\./envs/(\w+)\.yaml"', "".join(rules(root).values())))
    assert environments == {path.stem for path in (root / "envs").glob("*.yaml")}


def test_every_package_but_torch_s_family_is_locked_with_hashes(root: Path) -> None:
    text = (root / "requirements" / "lock.txt").read_text()
    entries = re.split(r"\n(?=[A-Za-z0-9._-]+==)", text)
    assert len(entries) > 150
    for entry in entries:
        assert "--hash=sha256:" in entry, entry.splitlines()[0]
    assert (root / "requirements" / "torch.in").read_text().split() == ["torch==2.13.0"]
    assert "torch==" not in re.sub(r"#.*", "", text)


def test_what_is_locked_lies_in_the_ranges_that_pip_install_takes(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    runs_with, extras = project["dependencies"], project["optional-dependencies"]
    dev = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (root / "requirements/dev.txt").read_text(), re.MULTILINE))
    locked = locked_versions(root)
    assert len(runs_with) > 30 and {"slurm", "s3", "docs", "dev"} <= extras.keys()
    for text in [*runs_with, *extras["slurm"], *extras["s3"]]:
        requirement = Requirement(text)
        assert all(
            version in requirement.specifier for version in locked[requirement.name.lower().replace(".", "-")]
        ), text
    for text in [*extras["docs"], *extras["dev"]]:
        requirement = Requirement(text)
        version = dev.get(requirement.name.lower()) or locked[requirement.name.lower()][0]
        assert version in requirement.specifier, text


def test_links_of_the_documents_lead_somewhere(root: Path) -> None:
    pages = [root / "README.md", *(root / "docs").glob("*.md")]
    links = [
        (page, target) for page in pages for target in re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", page.read_text())
    ]
    assert len(links) > len(pages) > 1
    for page, target in links:
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_tests_lie_in_folders_named_like_the_rooms_they_test(root: Path) -> None:
    rooms = {path.name for path in (root / "src/affectflow").iterdir() if path.is_dir()}
    folders = {path.parent.relative_to(root / "tests").as_posix() for path in (root / "tests").rglob("test_*.py")}
    assert len(folders) > 20 and folders - {"project"} <= rooms
    assert not {path.name for path in (root / "tests/helpers").glob("test_*")}
