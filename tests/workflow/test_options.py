"""Options of a rule's script as its record keeps them."""

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from affectflow.lineage.options import options_of

words = st.text("abc=/.", min_size=1, max_size=6)


@given(st.lists(words, min_size=2, max_size=8), st.booleans())
def test_several_values_are_one_flat_list(values: list[str], repeated: bool) -> None:
    arguments = [w for v in values for w in ("--prediction", v)] if repeated else ["--prediction", *values]
    assert options_of([*arguments, "--out", "x"]) == {"prediction": values, "out": "x"}


def test_one_value_stays_what_it_is(tmp_path: Path) -> None:
    file = tmp_path / "long.json"
    file.write_text(json.dumps({"a": [1, 2]}))
    options = options_of(["--one", "[1, 2]", "--two", "[1]", "[2, 3]", "--file", f"@{file}", "--flag", "--code", "c"])
    assert options == {"one": [1, 2], "two": [[1], [2, 3]], "file": {"a": [1, 2]}, "flag": True}
