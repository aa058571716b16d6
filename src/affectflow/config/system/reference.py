"""The reference page and the JSON schema of all settings, made from the settings models themselves.

`python -m affectflow.config.system.reference ROOT` writes `docs/settings.md`, `config/schema.json` and
the index of systems, `docs/systems.md`.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from affectflow.artifacts.atomic import write_text
from affectflow.config.system.descriptions import Described
from affectflow.config.system.settings import Run
from affectflow.config.system.systems_page import systems_page

_HEAD = """\
# Settings

All keys of a settings file, with types, defaults and meanings. Use this page when you write settings of your own.

`make docs` generates the page from the settings models in `src/affectflow/config/`; a test fails if it is outdated.
Keys are typed, and an unknown key is an error. Papers are named by their authors: Antoniadis et al. (2021), Kollias and
Zafeiriou (2021), Vu and Beurton-Aimar (2021), Meng et al. (2022), Li et al. (2023).

A mapping with the key `extends: FILE` starts from that file and overrides only the keys that it contains. Values that
several mappings of one file share can be written once, as a mapping under the file's top-level key `templates`. A
mapping with the key `like: NAME` starts from the template of that name; `without: [KEY, …]` removes keys of it.

```yaml
templates:
  small: {epochs: 8, network: {width: 16, hidden: 64}}
system:
  extends: systems/ntua.yaml
  tracks:
    va: {branches: {F: {like: small}, BCF: {like: small, network: {width: 8}}}}
    expr: {branches: {F: {like: small, epochs: 12}}}
```

YAML's anchors and aliases work, too, but no shipped file uses them: if DVC is to change one value, it changes it in all
places that share it, or in none ([dvc.md](dvc.md#day-by-day)).

Files, and the values of Snakemake's `--config`, are read as YAML 1.2, as in DVC: `010` is 10, `1:30`, `off` and `yes`
are text, `1e-3` is a number. A boolean setting also accepts the texts `off`, `on`, `no` and `yes`.

Relative paths start at the project's folder, wherever a command or a Python program is started. This is the nearest
folder above the settings file that contains a `Snakefile`, or the `models` and `fusion` of a project; if there is none,
it is the working folder. With several settings files, the last one counts. Only `extends` is relative to the file that
contains it.
"""


def schema() -> dict[str, Any]:
    """JSON schema of a settings file, for editors."""
    return Run.model_json_schema(schema_generator=Described)


def page() -> str:
    """The reference page in Markdown: one table a group of settings."""
    definitions = schema()["$defs"]
    groups = [("Run", schema()), *((name, d) for name, d in definitions.items() if "properties" in d)]
    return "\n".join([_HEAD, *(_table(name, group) for name, group in groups)])


def _table(name: str, group: dict[str, Any]) -> str:
    required = group.get("required", ())
    fields = sorted(group["properties"].items(), key=lambda item: item[0] not in required)
    rows = [
        f"| `{key}` | {_kind(field)} | {_default(key, field, group)} | {_cell(field.get('description', ''))} |"
        for key, field in fields
    ]
    meaning = " ".join(group.get("description", "").split())
    return "\n".join(
        [f"## {name}\n\n{meaning}\n", "| key | type | default | meaning |", "|---|---|---|---|", *rows, ""]
    )


def _default(key: str, field: dict[str, Any], group: dict[str, Any]) -> str:
    if key in group.get("required", ()):
        return "required"
    value = field.get("default")
    return "see type" if isinstance(value, dict) and value else _cell(f"`{json.dumps(value)}`")


def _kind(field: dict[str, Any]) -> str:
    return _cell(" or ".join(dict.fromkeys(_kinds(field))))


def _kinds(field: dict[str, Any]) -> Iterator[str]:
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        yield f"[{name}](#{name.lower()})"
    elif "enum" in field:
        yield ", ".join(f"`{value}`" for value in field["enum"])
    elif "const" in field:
        yield f"`{field['const']}`"
    elif "anyOf" in field or "oneOf" in field:
        for option in field.get("anyOf") or field["oneOf"]:
            yield from _kinds(option)
    elif field.get("type") == "array":
        items = field.get("items") or {"anyOf": field.get("prefixItems", [])}
        yield f"list of {_kind(items)}"
    elif "patternProperties" in field:
        (values,) = field["patternProperties"].values()
        yield f"mapping of names to {_kind(values)}"
    elif isinstance(field.get("additionalProperties"), dict):
        yield f"mapping of names to {_kind(field['additionalProperties'])}"
    else:
        yield f"{field.get('type', 'any')}{_bounds(field)}"


def _bounds(field: dict[str, Any]) -> str:
    signs = {
        "minimum": "≥",
        "exclusiveMinimum": ">",
        "maximum": "≤",
        "exclusiveMaximum": "<",
        "pattern": "matches",
    }
    bounds = [f"{sign} {field[key]}" for key, sign in signs.items() if key in field]
    return f" ({', '.join(bounds)})" if bounds else ""


def _cell(value: str) -> str:
    return " ".join(value.split()).replace("|", "\\|")


def write(root: Path) -> None:
    """Write all three files below `root`."""
    write_text(root / "docs" / "settings.md", page())
    write_text(root / "docs" / "systems.md", systems_page(root))
    write_text(root / "config" / "schema.json", json.dumps(schema(), indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
