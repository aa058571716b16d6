"""Which code an artifact depends on, as a short digest: what reruns when code changes follows from it.

The digest covers the syntax of a script and of every module of this project that it reaches by imports,
without comments, blank lines and docstrings, and the locked version of every package that those reach; of a package
that is installed in another version, that one, too. Where an environment is the lock's it follows from files of the
repository alone, so that two machines agree, and builds of one version for a CPU and for a GPU. Book-keeping (this
package, records, the ledger) and what brings files from storage are left out.
"""

import ast
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import affectflow
from affectflow.artifacts.record import Code
from affectflow.core.errors import InputError
from affectflow.lineage.installed import installed_of, normal, not_locked

PACKAGE = "affectflow"
_SOURCE = Path("src", PACKAGE)

# Distributions whose import name is not their own.
_DISTRIBUTIONS = {
    "cv2": "opencv-contrib-python-headless",
    "dlib": "dlib-bin",
    "ffmpeg": "ffmpeg-python",
    "google": "protobuf",
    "PIL": "pillow",
    "ruamel": "ruamel-yaml",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
}
# Imported where the user has them, and in no registry: not in the lock.
_UNLOCKED = frozenset({"openpose", "pyopenpose"})
# These write and log what is known of an artifact, not the artifact, or bring a source here, whose digest the record
# holds: a change of theirs reruns nothing.
_BOOKKEEPING = (
    f"{PACKAGE}.lineage",
    f"{PACKAGE}.artifacts.job",
    f"{PACKAGE}.artifacts.ledger",
    f"{PACKAGE}.artifacts.lines",
    f"{PACKAGE}.artifacts.record",
    f"{PACKAGE}.artifacts.sources",
    f"{PACKAGE}.remote",
    f"{PACKAGE}.tracking",
)
_LITERAL_IMPORTS = ("import_module", "find_spec")


def code_of(script: Path, root: Path, modules: Iterable[str] = ()) -> Code:
    """The code behind `script`; see `code_and_files`."""
    return code_and_files(script, root, modules)[0]


def code_and_files(script: Path, root: Path, modules: Iterable[str] = ()) -> tuple[Code, list[Path]]:
    """The code behind `script`, with a fingerprint of 16 hexadecimal digits, and the files that it follows from.

    Args:
        script: a Python file, relative to `root`.
        root: the repository, with `src/` and `requirements/`; or a project without `src/`, which runs with the
            installed package.
        modules: modules of this project that the script imports by a name that it computes (a chosen
            backend, say) and that its source therefore does not show.
    """
    own_files, imports = reached(script, root, modules)
    syntax = {name: _short(_syntax(own_files[name])) for name in sorted(own_files)}
    packages = dict(sorted(locked_closure(imports, root).items()))
    locks = lock_files(root)
    lock = _lock_digest(locks, tuple(stamp(path) for path in locks))
    installed = installed_of(packages)
    code = Code(
        fingerprint=fingerprint_of(syntax, packages, installed),
        modules=syntax,
        packages=packages,
        installed=installed,
        lock=lock,
    )
    return code, [*own_files.values(), *locks]


def fingerprint_of(modules: Mapping[str, str], packages: Mapping[str, str], installed: Mapping[str, str]) -> str:
    """The digest over modules' digests, locked versions and, where they are others, installed ones."""
    other_versions = not_locked(packages, installed)
    return _short(json.dumps([modules, packages, other_versions] if other_versions else [modules, packages]))


@cache
def _lock_digest(files: tuple[Path, ...], stamps: tuple[tuple[int, int], ...]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def reached(script: Path, root: Path, modules: Iterable[str] = ()) -> tuple[dict[str, Path], set[str]]:
    """Files of this project that `script` reaches by imports, by module name, and names of packages."""
    file = _script_file(script, root)
    own_files: dict[str, Path] = {script.as_posix(): file}
    packages: set[str] = set()
    queue = [*_imports(file), *modules]
    visited: set[str] = set()
    while queue:
        name = queue.pop()
        if name in visited or name.startswith(_BOOKKEEPING):
            continue
        visited.add(name)
        if name.split(".")[0] != PACKAGE:
            packages.add(name.split(".")[0])
            continue
        path = _module_file(name, root)
        if path is None:
            continue
        own_files[name] = path
        queue.extend(_imports(path))
        queue.append(name.rpartition(".")[0] or PACKAGE)
    return own_files, packages


def locked_closure(imports: Iterable[str], root: Path) -> dict[str, str]:
    """Locked versions of the distributions behind top-level `imports`, and of all that those require.

    Raises:
        InputError: an import belongs to no package of the lock.
    """
    versions, requires = _lock(root)
    queue, closure = [], {}
    for name in sorted(set(imports)):
        distribution = normal(_DISTRIBUTIONS.get(name, name))
        if distribution in versions:
            queue.append(distribution)
        elif name not in sys.stdlib_module_names and name not in _UNLOCKED:
            raise InputError(
                f"import {name}: no package of requirements/*.txt provides it; add it to the dependencies of "
                "pyproject.toml and run `make lock`"
            )
    while queue:
        distribution = queue.pop()
        if distribution not in closure:
            closure[distribution] = versions[distribution]
            queue.extend(requires.get(distribution, ()))
    return closure


def locked_versions(root: Path) -> dict[str, list[str]]:
    """Versions of the lock by distribution; two where they differ by version of Python."""
    return {name: versions.split() for name, versions in _lock(root)[0].items()}


def other_packages(root: Path) -> list[str]:
    """`<package> <installed version> (the lock has <version>)` for each that is installed in a version that is not the
    lock's."""
    locked, _ = _lock(root)
    other_versions = not_locked(locked, installed_of(locked))
    return [f"{name} {version} (the lock has {locked[name]})" for name, version in sorted(other_versions.items())]


def lock_files(root: Path) -> tuple[Path, Path]:
    """The files that pin every package."""
    return root / "requirements" / "lock.txt", root / "requirements" / "torch.txt"


def package_folder(root: Path) -> Path:
    """The package that a project runs with: its own, or the installed one where it has none."""
    own_package = root / _SOURCE
    return own_package if own_package.is_dir() else Path(affectflow.__file__).parent


def _script_file(script: Path, root: Path) -> Path:
    """Where a script lies, which may be a module of the package."""
    if script.is_relative_to(_SOURCE):
        return package_folder(root) / script.relative_to(_SOURCE)
    return root / script


def _module_file(name: str, root: Path) -> Path | None:
    base = package_folder(root).parent.joinpath(*name.split("."))
    for candidate in (base.with_suffix(".py"), base / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _imports(path: Path) -> tuple[str, ...]:
    """Dotted names that a file imports; of `from a import b` both `a` and `a.b`, as b may be a module."""
    return _parse(path, stamp(path))[0]


def _imported_names(node: ast.AST) -> Iterator[str]:
    """What a node of the syntax tree imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module
        if node.module.split(".")[0] == PACKAGE:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        function = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if function in _LITERAL_IMPORTS and isinstance(node.args[0].value, str):
            yield node.args[0].value


def stamp(path: Path) -> tuple[int, int]:
    """Size and time of change: while they stay, a file is not parsed again."""
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def _syntax(path: Path) -> str:
    return _parse(path, stamp(path))[1]


@cache
def _parse(path: Path, stamp: tuple[int, int]) -> tuple[tuple[str, ...], str]:
    """What a file imports, and its text without comments and docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    imports = tuple(dict.fromkeys(name for node in ast.walk(tree) for name in _imported_names(node)))
    return imports, _strip_docstrings(tree)


@cache
def syntax_digest(source: bytes) -> str:
    """The digest of a module's text, as `Code` holds it."""
    return _short(_strip_docstrings(ast.parse(source)))


def _strip_docstrings(tree: ast.Module) -> str:
    """A module's text without comments and docstrings."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # A string that stands alone is a docstring, of a function, a class or an attribute.
            node.body = [s for s in body if not _is_text(s)] or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.unparse(tree)


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _lock(root: Path) -> tuple[dict[str, str], dict[str, set[str]]]:
    files = lock_files(root)
    return _lock_at(files, tuple(stamp(path) for path in files))


@cache
def _lock_at(
    files: tuple[Path, ...], stamps: tuple[tuple[int, int], ...]
) -> tuple[dict[str, str], dict[str, set[str]]]:
    """Versions by distribution, and what each requires: the lock's `# via` notes, turned round."""
    versions: dict[str, str] = {}
    requires: dict[str, set[str]] = {}
    for path in files:
        current = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if pin := re.match(r"([A-Za-z0-9._-]+)==([^ ;\\]+)", line):
                current = normal(pin[1])
                # Two pins of one package, for two versions of Python, count together.
                versions[current] = " ".join(sorted({*versions.get(current, "").split(), pin[2]}))
            elif current and (via := re.match(r"\s+#\s+(?:via\s+)?([A-Za-z0-9._-]+)\s*$", line)):
                requires.setdefault(normal(via[1]), set()).add(current)
    return versions, requires
