from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.project.review import STATES, Review
from desktop_app.core.project.review_changes import moved, packed_change

numbers = st.integers(1, 6)
reviews = st.builds(
    Review,
    classes=st.dictionaries(numbers, st.integers(1, 3)),
    states=st.dictionaries(numbers, st.sampled_from(STATES[1:])),
    notes=st.dictionaries(numbers, st.text(min_size=1, max_size=5)),
    locked=st.frozensets(numbers),
    doubtful_slices=st.sets(numbers).map(lambda found: tuple(sorted(found))),
    slice_seconds=st.dictionaries(numbers, st.floats(0, 9)),
)


@given(before=reviews, after=reviews)
@settings(max_examples=100, deadline=None)
def test_what_is_said_can_be_taken_back_and_said_again(before: Review, after: Review) -> None:
    change = packed_change(before, after)
    timed = after.model_copy(update={"slice_seconds": before.slice_seconds})
    if not change:
        assert timed == before
        return
    assert moved(before, change, back=False) == timed
    assert moved(timed, change, back=True) == before


def test_taking_back_leaves_what_was_said_since_of_others() -> None:
    first = Review(notes={1: "debris"})
    second = first.with_state([1], "right")
    later = second.with_locked([2], locked=True).with_time(3, 5.0)
    found = moved(later, packed_change(first, second), back=True)
    assert found == first.with_locked([2], locked=True).with_time(3, 5.0)
    for damaged in (b"", b"no", packed_change(first, second)[:-6]):
        with pytest.raises(ValueError, match=r"."):
            moved(later, damaged, back=True)
