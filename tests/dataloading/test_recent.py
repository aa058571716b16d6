"""Decoded pictures that branches share."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from affectflow.dataloading.recent import RecentPictures


def picture(key: int) -> NDArray[np.uint8]:
    return np.full((2, 5, 1), key, np.uint8)


@given(st.lists(st.integers(0, 8), max_size=40), st.integers(0, 65))
def test_pictures_are_those_of_their_keys_and_fit_into_the_limit(keys: list[int], limit: int) -> None:
    recent, decoded, kept = RecentPictures(limit), list[int](), list[int]()

    def decode(key: int) -> NDArray[np.uint8]:
        decoded.append(key)
        return picture(key)

    for key in keys:
        before = len(decoded)
        np.testing.assert_array_equal(recent.get(key, lambda: decode(key)), picture(key))  # noqa: B023 called at once
        # By hand: those decoded last, of 10 bytes each.
        assert (len(decoded) == before) == (key in kept)
        kept = kept if key in kept else [*kept, key]
        kept = kept[max(0, len(kept) - limit // 10) :]


def test_a_picture_that_cannot_be_decoded_is_tried_again() -> None:
    recent = RecentPictures(100)

    def fail() -> NDArray[np.uint8]:
        raise ValueError("not a JPEG picture")

    with pytest.raises(ValueError, match="not a JPEG"):
        recent.get(1, fail)
    np.testing.assert_array_equal(recent.get(1, lambda: picture(1)), picture(1))
