from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import Volume, describe_times, parse_times


@pytest.mark.parametrize(
    ("text", "times"),
    [("all", None), ("", None), ("3", 2), ("1-3,8", (0, 1, 2, 7)), ("8, 1 – 2", (0, 1, 7)), ("2-2", 1), ("4,4", 3)],
)
def test_numbers_and_ranges_name_time_points(text: str, times: object) -> None:
    assert parse_times(text) == times


@pytest.mark.parametrize("text", ["0", "0-5", "5-3", "a", "1,,2", "-1", "1-99999999999"])
def test_what_names_no_time_points_is_told(text: str) -> None:
    with pytest.raises(UserError, match="names no time points"):
        parse_times(text)


@given(st.sets(st.integers(0, 40), min_size=2))
def test_description_names_the_same_time_points(times: set[int]) -> None:
    assert parse_times(describe_times(tuple(times))) == tuple(sorted(times))


def test_some_time_points_are_a_movie_of_their_own() -> None:
    array = np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1, 1).repeat(4, axis=-1)
    movie = Volume.of_times(array, step=2.0)
    some = movie.at_times((1, 3, 5))
    assert [int(one.read()[0, 0, 0]) for one in some.each_time()] == [1, 3, 5]
    assert some.movie is not None
    assert some.movie.step == 4.0
    uneven = movie.at_times((0, 1, 5)).movie
    assert uneven is not None
    assert uneven.step is None
    assert movie.at_times((2,)).times == 1
    with pytest.raises(IndexError):
        movie.at_times((1, 9))
