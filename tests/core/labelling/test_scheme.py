from __future__ import annotations

from desktop_app.core.labelling.scheme import MOST_CLASSES, LabelScheme


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
