from __future__ import annotations

import pytest

from desktop_app.core.advice.mistakes import TITLES, Findings, Mistake
from desktop_app.core.advice.remedies import REMEDIES


def test_every_mistake_has_its_title_and_its_remedy() -> None:
    assert set(TITLES) == set(REMEDIES) == set(Mistake)


def test_the_commonest_mistake_is_the_gravest_and_told_first() -> None:
    found = Findings({Mistake.MISSED: 10, Mistake.MERGED: 24, Mistake.SPLIT: 1}, 100, of_objects=True)
    assert found.gravest is Mistake.MERGED
    assert found.sentences() == (
        "24 of 100 objects became one with a neighbour.",
        "10 of 100 objects were missed.",
    )


def test_a_poor_outline_counts_half_as_the_object_was_found() -> None:
    found = Findings({Mistake.OUTLINE: 15, Mistake.MISSED: 10}, 100, of_objects=True)
    assert found.gravest is Mistake.MISSED
    assert Findings({Mistake.OUTLINE: 8}, 100, of_objects=True).gravest is None


@pytest.mark.parametrize(("count", "said"), [(1, "1 thing was found that is not"), (7, "7 things were found that are")])
def test_false_finds_are_counted_beside_the_objects(count: int, said: str) -> None:
    assert said in Findings({Mistake.INVENTED: count}, 20, of_objects=True).sentences()[0]


def test_mistakes_of_regions_are_shares_of_the_area() -> None:
    assert Findings({Mistake.MISSED: 300}, 1000, of_objects=False).sentences() == ("30% of the area was missed.",)


def test_where_nothing_was_to_be_found_nothing_is_divided_by_nothing() -> None:
    assert Findings({}, 0, of_objects=True).gravest is None
    assert Findings({Mistake.INVENTED: 3}, 0, of_objects=True).gravest is Mistake.INVENTED


def test_one_object_is_told_as_one() -> None:
    assert Findings({Mistake.MISSED: 1}, 1, of_objects=True).sentences() == ("The only object was missed.",)
    small = Findings({Mistake.SMALL_MISSED: 1}, 9, of_objects=True).sentences()
    assert small == ("1 of 9 objects was missed because it is small.",)
