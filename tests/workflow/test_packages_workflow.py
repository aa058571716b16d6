"""A package of another version in the environment: what reruns, and what is said of it."""

from pathlib import Path

import pytest
from miniature import RESULTS, Miniature
from test_reruns import LEARNING, rules_of

pytestmark = pytest.mark.slow


@pytest.fixture
def updated_project(finished: Miniature, tmp_path: Path) -> Miniature:
    """The finished miniature, where another version of lightning is installed than ran."""
    (tmp_path / "lightning-9999.1.dist-info").mkdir()
    return Miniature(finished.folder, (tmp_path,))


def test_exactly_what_reaches_it_reruns_and_every_command_says_why(updated_project: Miniature) -> None:
    assert rules_of(updated_project.planned(*RESULTS)) == LEARNING
    dry_run = updated_project.snakemake("-n", *RESULTS)
    warnings = [line for line in (dry_run.stdout + dry_run.stderr).splitlines() if "packages of other versions" in line]
    assert len(warnings) == 1 and "lightning 9999.1 (the lock has " in warnings[0]
    why = updated_project.affectflow("why", *RESULTS, check=False)
    assert why.returncode == 1 and "package lightning was " in why.stdout and ", is 9999.1" in why.stdout
    verification = updated_project.affectflow("verify", check=False)
    outdated = [line for line in verification.stdout.splitlines() if line.startswith("outdated: ")]
    assert verification.returncode == 1 and all("package lightning was " in line for line in outdated)
    assert any(line.startswith("outdated: models/demo/ntua/va/F/official-123/model.safetensors: ") for line in outdated)
    assert not any("work/demo/faces" in line for line in outdated)


def test_the_environment_of_the_run_is_none(finished: Miniature) -> None:
    result = finished.snakemake("-n", *RESULTS)
    assert "packages of other versions" not in result.stdout + result.stderr
    assert "package" not in finished.affectflow("trace", RESULTS[0]).stdout
