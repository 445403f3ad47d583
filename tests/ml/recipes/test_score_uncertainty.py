"""How much of a score may be chance."""

from __future__ import annotations

import pytest

from desktop_app.ml.recipes.score_uncertainty import counted_objects, doubt


def scores(f1: float, objects: int) -> dict[str, float]:
    return {"score": f1, "f1": f1, "tp": f1 * objects, "fn": (1 - f1) * objects}


def test_one_object_found_is_no_certainty() -> None:
    assert doubt(scores(1.0, 1)) > 0.1
    assert doubt(scores(0.0, 0)) > doubt(scores(1.0, 1))


def test_many_objects_leave_the_standard_error() -> None:
    assert doubt(scores(0.8, 10_000)) == pytest.approx(0.5 * (0.8 * 0.2 / 10_000) ** 0.5, rel=1e-3)


def test_classes_are_not_counted() -> None:
    assert counted_objects({"score": 0.5, "dice": 0.5}) is None
    assert doubt({"score": 0.5, "dice": 0.5}) == 0
    assert counted_objects(scores(0.5, 8)) == 8
