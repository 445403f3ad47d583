"""Scores of several images become one: means where they are defined, sums of what is counted."""

from __future__ import annotations

from desktop_app.ml.recipes.pooled_scores import pooled_over_images


def test_means_are_of_the_images_that_have_the_score() -> None:
    scores = [{"dice/a": 0.5, "dice/b": 1.0, "f1": 0.1}, {"dice/a": 1.0}]
    assert pooled_over_images(scores, ("dice/",)) == {"dice/a": 0.75, "dice/b": 1.0}


def test_counts_are_added_up_where_any_image_has_objects() -> None:
    scores = [{"tp": 2.0, "fp": 1.0, "fn": 0.0}, {}, {"tp": 3.0, "fp": 0.0, "fn": 4.0}]
    assert pooled_over_images(scores, ("ap/",)) == {"tp": 5.0, "fp": 1.0, "fn": 4.0}
