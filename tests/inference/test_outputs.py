"""A branch's outputs where a track is asked for in another edition than it has learnt."""

from pathlib import Path

import numpy as np
import pytest

from affectflow.core.errors import InputError
from affectflow.core.tracks import track_of
from affectflow.inference.outputs import outputs_at, places_of


def test_outputs_are_found_by_name_in_another_edition() -> None:
    requested, learnt = track_of("au", "abaw2"), track_of("au", "union17")
    places = places_of(requested, learnt, Path("m"))
    values = np.arange(34, dtype=np.float32).reshape(2, 17)
    result = outputs_at(values, places, requested)
    for column, name in enumerate(requested.outputs):
        assert (result[:, column] == values[:, learnt.outputs.index(name)]).all()
    with pytest.raises(InputError, match=r"m: predicts au1, .* asks for au5, au9, au14, au17, au20, too"):
        places_of(learnt, requested, Path("m"))


def test_classes_that_are_not_asked_for_leave_probabilities_of_the_others() -> None:
    requested, learnt = track_of("expr", "abaw2"), track_of("expr", "abaw3")
    values = np.array([[0.1] * 4 + [0.2, 0, 0, 0.4], [0] * 7 + [1]], np.float32)
    result = outputs_at(values, places_of(requested, learnt, Path("m")), requested)
    assert result[0] == pytest.approx(values[0, :7] / 0.6) and result[1] == pytest.approx([1 / 7] * 7)
