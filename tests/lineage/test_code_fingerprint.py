"""The code fingerprint: what changes it, and what does not."""

import shutil
from pathlib import Path

import pytest

from affectflow.core.errors import InputError
from affectflow.lineage.code import code_of, locked_closure, reached

SCRIPT = Path("workflow/scripts/job.py")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project of a script that reaches two modules, one through the other."""
    files = {
        "src/affectflow/__init__.py": "",
        "src/affectflow/near.py": "import numpy\nfrom affectflow import far\n\ndef f():\n    return far.g()\n",
        "src/affectflow/far.py": '"""Far."""\n\ndef g():\n    """Doc."""\n    return 1  # one\n',
        "src/affectflow/other.py": "def h():\n    return 2\n",
        "src/affectflow/backend.py": "import torch\n",
        SCRIPT.as_posix(): "from affectflow.near import f\n\nf()\n",
        "requirements/lock.txt": "numpy==2.0 \\\n    --hash=sha256:00\n    # via scipy\n"
        "scipy==1.0 \\\n    --hash=sha256:11\n",
        "requirements/torch.txt": "torch==2.13.0\n    # via -r requirements/torch.in\nsympy==1.14\n    # via torch\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("file", "old", "new", "changes"),
    [
        ("src/affectflow/far.py", "return 1", "return 3", True),
        ("src/affectflow/far.py", "# one", "# two", False),
        ("src/affectflow/far.py", '"""Doc."""', '"""Other."""', False),
        ("src/affectflow/far.py", "\n\ndef", "\n\n\n\ndef", False),
        ("src/affectflow/near.py", "far.g()", "far.g() + 1", True),
        ("src/affectflow/other.py", "return 2", "return 4", False),
        ("src/affectflow/__init__.py", "", "X = 1\n", True),
        (SCRIPT.as_posix(), "f()\n", "f()\nf()\n", True),
        ("requirements/lock.txt", "numpy==2.0", "numpy==2.1", True),
        ("requirements/lock.txt", "scipy==1.0", "scipy==1.1", False),
        ("requirements/torch.txt", "sympy==1.14", "sympy==1.15", False),
    ],
)
def test_only_code_that_the_script_reaches_counts(tree: Path, file: str, old: str, new: str, changes: bool) -> None:
    before = code_of(SCRIPT, tree).fingerprint
    if old:
        edit(tree / file, old, new)
    else:
        (tree / file).write_text(new)
    assert (code_of(SCRIPT, tree).fingerprint != before) == changes


def test_a_module_imported_by_a_computed_name_counts_when_declared(tree: Path) -> None:
    modules, packages = reached(SCRIPT, tree, ["affectflow.backend"])
    assert "affectflow.backend" in modules
    assert "torch" in packages
    before = code_of(SCRIPT, tree, ["affectflow.backend"]).fingerprint
    edit(tree / "requirements/torch.txt", "sympy==1.14", "sympy==1.15")
    assert code_of(SCRIPT, tree, ["affectflow.backend"]).fingerprint != before


def test_it_does_not_depend_on_place_or_time(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = tmp_path_factory.mktemp("elsewhere") / "clone"
    shutil.copytree(tree, copy)
    for path in copy.rglob("*.py"):
        path.touch()
    assert code_of(SCRIPT, copy).fingerprint == code_of(SCRIPT, tree).fingerprint


def test_packages_bring_what_they_require(tree: Path) -> None:
    assert locked_closure(["scipy"], tree) == {"scipy": "1.0", "numpy": "2.0"}


def test_an_import_outside_the_lock_is_an_error(tree: Path) -> None:
    edit(tree / SCRIPT, "f()\n", "import leftpad\n")
    with pytest.raises(InputError, match="import leftpad"):
        code_of(SCRIPT, tree)


def test_every_script_of_the_project_has_a_fingerprint(root: Path) -> None:
    scripts = sorted((root / "workflow" / "scripts").glob("*.py"))
    assert scripts
    prints = {path.name: code_of(path.relative_to(root), root).fingerprint for path in scripts}
    assert len(set(prints.values())) == len(prints)


def test_preprocessing_does_not_reach_training(root: Path) -> None:
    for rule in ("decode", "find_people", "align_face", "mask_body", "resize", "spectrogram", "labels", "manifest"):
        modules, packages = reached(Path(f"workflow/scripts/{rule}.py"), root)
        assert not [name for name in modules if name.startswith(("affectflow.training", "affectflow.papers"))]
        assert not {"torch", "lightning", "mlflow"} & packages, rule
