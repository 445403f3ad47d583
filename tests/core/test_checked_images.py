from __future__ import annotations

import pytest

from desktop_app.core.checked_images import checked_in_words, few_checked


@pytest.mark.parametrize(
    ("kept_aside", "few", "said", "heard"),
    [
        (0, 4, "checking with none", ""),
        (1, 4, "checking with 1 image", ""),
        (4, 4, "checking with 4 images", ""),
        (
            12,
            4,
            "checking with 12 images (4 of them while it learns)",
            "Checked on 4 of 12 images kept aside while learning; the result is of all.",
        ),
    ],
)
def test_fewer_images_than_all_are_told_and_heard(kept_aside: int, few: int, said: str, heard: str) -> None:
    assert checked_in_words(kept_aside, few) == said
    assert few_checked(f"Learning from 30 images and {said}, on the processor.") == heard
