"""What is said of objects changes as it should, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.project.review import STATES, Review

NUMBERS = st.lists(st.integers(1, 2**32 - 1), max_size=5)


@given(NUMBERS, st.sampled_from(STATES), st.text(max_size=9), st.booleans(), st.integers(1, 3))
def test_a_review_is_read_as_it_was_written(numbers, state, note, locked, value) -> None:
    review = Review().with_state(numbers, state).with_note(numbers, note).with_locked(numbers, locked)
    review = review.with_class(numbers, value, usual=1).with_time(3, 1.5).with_slice(2, doubtful=locked)
    assert Review.model_validate_json(review.model_dump_json(exclude_defaults=True)) == review
    assert all(review.states.get(number, "to do") == state for number in numbers)


def test_what_is_usual_is_not_kept() -> None:
    review = Review().with_state([1, 2], "right").with_class([1], 2, usual=1).with_note([1], "odd")
    review = review.with_state([1], "to do").with_class([1], 1, usual=1).with_note([1], "  ")
    assert review == Review(states={2: "right"})
    assert Review().with_slice(4, doubtful=True).with_slice(4, doubtful=False) == Review()
    assert Review().with_state([0, 2**32], "right") == Review(), "these are no objects"


def test_time_adds_up_by_slice() -> None:
    review = Review().with_time(3, 2.0).with_time(3, 1.0).with_time(5, 4.0)
    assert (review.slice_seconds, review.seconds) == ({3: 3.0, 5: 4.0}, 7.0)


@pytest.mark.parametrize(("origins", "classes"), [({7: 1, 8: 2}, {1: 3, 7: 3}), ({}, {1: 3})])
def test_new_objects_have_the_class_of_those_they_were_parts_of(origins, classes) -> None:
    assert Review(classes={1: 3}).inherited(origins).classes == classes
