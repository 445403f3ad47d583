"""Classes keep their numbers and names apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from desktop_app.core.labelling.scheme import MOST_CLASSES, LabelClass, LabelScheme

RED = (255, 0, 0)


@given(st.lists(st.text(min_size=1, max_size=9), min_size=1, max_size=12, unique_by=str.casefold))
def test_new_classes_get_free_numbers(names: list[str]) -> None:
    scheme = LabelScheme(kind="classes", classes=(LabelClass(value=2, name="\0first", color=RED),))
    for name in names:
        scheme = scheme.with_class(name)
    assert len({c.value for c in scheme.classes}) == len(names) + 1
    assert set(names) <= set(scheme.class_names)
    assert scheme.classes[1].value == 1
    assert LabelScheme.model_validate_json(scheme.model_dump_json()) == scheme


def test_names_come_in_the_order_of_their_numbers() -> None:
    scheme = LabelScheme(classes=(LabelClass(value=5, name="b", color=RED), LabelClass(value=2, name="a", color=RED)))
    assert scheme.class_names == ("a", "b")


def test_replacing_and_removing() -> None:
    scheme = LabelScheme().with_class("Second", RED)
    renamed = scheme.replaced(LabelClass(value=2, name="Other", color=RED))
    assert renamed.class_names == ("Object", "Other")
    assert renamed.without(1).class_names == ("Other",)
    assert renamed.by_value(2) is not None
    assert renamed.by_value(3) is None


def test_what_is_refused() -> None:
    scheme = LabelScheme()
    with pytest.raises(ValidationError, match="same name"):
        scheme.with_class("OBJECT")
    with pytest.raises(ValidationError, match="at least one class"):
        scheme.without(1)
    with pytest.raises(ValidationError, match="same number"):
        LabelScheme(classes=(scheme.classes[0], LabelClass(value=1, name="b", color=RED)))
    with pytest.raises(ValidationError):
        LabelClass(value=0, name="background", color=RED)


def test_numbers_get_classes_until_there_are_too_many() -> None:
    scheme = LabelScheme(kind="classes")
    assert scheme.with_values((0, 1)) is scheme
    extended = scheme.with_values((4, 2))
    assert extended is not None
    assert [c.value for c in extended.classes] == [1, 2, 4]
    assert extended.class_names[1:] == ("Class 2", "Class 4")
    assert scheme.with_values(range(1, MOST_CLASSES + 1)) is not None
    assert scheme.with_values(range(1, MOST_CLASSES + 2)) is None
    assert scheme.with_values((70_000,)) is None
    assert LabelScheme().with_values(range(100)) == LabelScheme()
