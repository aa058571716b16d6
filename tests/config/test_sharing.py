"""What settings files share by `extends` and `like`, and that no shipped one shares by anchors."""

import re
from pathlib import Path

import pytest
import yaml

from affectflow.config.sharing import read_extended
from affectflow.config.system.load import load_run
from affectflow.core.errors import InputError


def read(folder: Path, text: str, name: str = "x.yaml") -> dict[str, object]:
    (folder / name).write_text(text)
    return read_extended(folder / name)


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(InputError) as caught:
        read(folder, text)
    assert str(folder / "x.yaml") in str(caught.value)
    return str(caught.value)


def test_a_mapping_is_like_a_template_but_for_what_it_gives(tmp_path: Path) -> None:
    text = """
        templates:
          small: {epochs: 3, network: {width: 8, hidden: 16}}
          tiny: {like: small, network: {width: 2}}
        a: {like: small}
        b: {like: tiny, epochs: 5, batch: 4}
        """
    assert read(tmp_path, text) == {
        "a": {"epochs": 3, "network": {"width": 8, "hidden": 16}},
        "b": {"epochs": 5, "network": {"width": 2, "hidden": 16}, "batch": 4},
    }


def test_what_is_without_a_key_of_the_template_takes_nothing_of_it_and_keeps_its_place(tmp_path: Path) -> None:
    text = """
        templates:
          t: {network: {face: 1}, init: x, epochs: 3}
        a: {like: t, without: [network, init], network: {mel: 2}}
        """
    assert list(read(tmp_path, text)["a"].items()) == [("network", {"mel": 2}), ("epochs", 3)]  # type: ignore[attr-defined]


def test_templates_are_of_their_file_alone_and_lie_over_what_is_extended(tmp_path: Path) -> None:
    read(tmp_path, "templates: {t: {epochs: 9, batch: 2}}\na: {like: t}\n", "base.yaml")
    text = "extends: base.yaml\ntemplates: {t: {epochs: 1}}\na: {like: t}\nb: {extends: base.yaml, like: t}\n"
    assert read(tmp_path, text) == {
        "a": {"epochs": 1, "batch": 2},
        "b": {"a": {"epochs": 9, "batch": 2}, "epochs": 1},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: {like: t}\n", "like: 't' is no template of this file; templates has none"),
        ("templates: {u: {b: 1}}\na: {like: t}\nc: {like: u}\n", "'t' is no template of this file; templates has u"),
        ("templates: {t: {b: 1}}\na: {like: [t]}\n", "like: ['t'] is no template"),
        ("templates: {t: {b: 1}}\na: {b: 1}\n", "templates: nothing is like t"),
        ("templates: {t: {like: u}, u: {x: {like: t}}}\na: {like: t}\n", "template t is like itself: t -> u -> t"),
        ("templates: {t: 3}\na: {like: t}\n", "template t holds 3, expected keys with values"),
        ("templates: [t]\na: 1\n", "templates holds ['t'], expected names with mappings"),
        ("templates: {t: {b: 1}}\na: {like: t, without: [c]}\n", "without: ['c'] is no list of keys of the template"),
        ("templates: {t: {b: 1}}\na: {like: t, without: b}\n", "without: 'b' is no list of keys of the template"),
    ],
)  # fmt: skip
def test_a_template_that_cannot_be_followed_is_named(tmp_path: Path, text: str, message: str) -> None:
    assert message in refusal(tmp_path, text)


def test_no_shipped_file_shares_by_anchors(root: Path) -> None:
    """A program that writes one value of a file would write it into all places that share it, or into none."""
    files = [path for folder in ("config", "profiles", "workflow/profiles") for path in (root / folder).rglob("*.yaml")]
    assert len(files) > 40
    for path in files:
        tokens = list(yaml.scan(path.read_text()))
        shared = [token for token in tokens if isinstance(token, yaml.AnchorToken | yaml.AliasToken)]
        assert not shared, f"{path}: {shared[0].start_mark}"


def test_settings_of_one_track_that_shares_a_branch_are_set_alone(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    text = (root / "config/config.yaml").read_text().replace("extends: ", f"extends: {root}/config/")
    path.write_text(re.sub(r"F: \{like: face\}", "F: {like: face, epochs: 3}", text, count=1))
    epochs = {
        track: track_settings.branches["F"].epochs for track, track_settings in load_run(path).system.tracks.items()
    }
    assert epochs == {"va": 3, "expr": 8, "au": 8}
