"""What settings files share: `extends`, another file; `like`, a template of the same file.

YAML's own anchors would do for a reader, but not for a program that changes one value of a file: DVC writes it into all
places that share it, or into none (docs/dvc.md). Each of these keys is a plain value to DVC.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from affectflow.config.reading import merge, read_yaml
from affectflow.core.errors import InputError

TEMPLATES = "templates"


def read_extended(path: Path) -> dict[str, Any]:
    """A YAML file as `read_yaml`, with what it extends and what its mappings are like laid below what it gives itself.

    Raises:
        InputError: a file is missing or damaged, a mapping is like no template, or no mapping is like a template.
    """
    return _File(path).whole()


def files_of(path: Path) -> Iterator[Path]:
    """A settings file and all that it extends, as absolute paths without links."""
    yield path.resolve()
    for name in _extends(read_yaml(path)):
        yield from files_of(path.parent / name)


def _extends(values: Any) -> Iterator[str]:
    if isinstance(values, dict):
        yield from [str(values["extends"])] if "extends" in values else []
        for value in values.values():
            yield from _extends(value)


class _File:
    """One settings file and the templates that it has."""

    def __init__(self, path: Path) -> None:
        values = read_yaml(path)
        self._path = path
        self._templates = values.pop(TEMPLATES, None) or {}
        self._values = values
        self._used: set[str] = set()
        if not isinstance(self._templates, dict):
            raise InputError(f"{path}: {TEMPLATES} holds {self._templates!r}, expected names with mappings")

    def whole(self) -> dict[str, Any]:
        values: dict[str, Any] = self._resolve(self._values, ())
        if idle := [str(name) for name in self._templates if name not in self._used]:
            raise InputError(f"{self._path}: {TEMPLATES}: nothing is like {', '.join(idle)}; name it, or remove it")
        return values

    def _resolve(self, values: Any, enclosing: tuple[str, ...]) -> Any:
        """`values` with all that they share; `enclosing` are the templates that this is part of."""
        if not isinstance(values, dict):
            return values
        base: Any = {}
        if "extends" in values:
            base = read_extended(self._path.parent / str(values["extends"]))
        own_values = {key: value for key, value in values.items() if key != "extends"}
        if "like" in own_values:
            template = self._template(own_values.pop("like"), enclosing)
            base = merge(base, self._reduce_template(template, own_values.pop("without", []), own_values))
        return merge(base, {key: self._resolve(value, enclosing) for key, value in own_values.items()})

    def _template(self, name: Any, enclosing: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(name, str) or name not in self._templates:
            names = ", ".join(map(str, self._templates)) or "none"
            raise InputError(f"{self._path}: like: {name!r} is no template of this file; {TEMPLATES} has {names}")
        if name in enclosing:
            raise InputError(f"{self._path}: template {name} is like itself: {' -> '.join((*enclosing, name))}")
        self._used.add(name)
        template = self._resolve(self._templates[name], (*enclosing, name))
        if not isinstance(template, dict):
            raise InputError(f"{self._path}: template {name} holds {template!r}, expected keys with values")
        return template

    def _reduce_template(self, template: dict[str, Any], without: Any, own_values: dict[str, Any]) -> dict[str, Any]:
        """A template without some of its keys; those that the mapping gives itself keep their place."""
        if not isinstance(without, list) or any(key not in template for key in without):
            has = ", ".join(template)
            raise InputError(f"{self._path}: without: {without!r} is no list of keys of the template, which has {has}")
        removed = dict.fromkeys(without)
        return {
            key: removed.get(key, value) for key, value in template.items() if key not in removed or key in own_values
        }
