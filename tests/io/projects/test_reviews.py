from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.core.errors import UnreadableFileError, UnwritableFileError
from desktop_app.core.project.review import Review
from desktop_app.io.projects.reviews import read_review, review_path, set_damaged_aside, write_review


def test_a_review_comes_back_as_it_was(tmp_path: Path) -> None:
    review = Review(states={3: "right"}, notes={4: "large"}, locked=frozenset({9}), slice_seconds={0: 1.5})
    path = review_path(tmp_path, "a1", 2)
    assert path.name == "a1.t2.json"
    with pytest.raises(UnwritableFileError, match="its folder is not there any more"):
        write_review(path, review)
    path.parent.mkdir()
    write_review(path, review)
    assert read_review(path, "a") == review
    assert read_review(review_path(tmp_path, "a1"), "a") == Review()
    assert review_path(tmp_path, "a1", 2, "second") != path, "each label layer has its own"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"states": {"1": "maybe"}}', '{"states": {"x": "right"}}'])
def test_a_damaged_review_is_told_and_can_be_set_aside(tmp_path: Path, text: str) -> None:
    path = review_path(tmp_path, "a1")
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(UnreadableFileError, match="objects of cell cannot be read"):
        read_review(path, "cell")
    for _ in range(2):
        set_damaged_aside(path)
        path.write_text("x")
    assert path.with_name("a1.json.damaged").read_text() == text
    assert path.with_name("a1.json.damaged-2").read_text() == "x"


def test_a_review_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = review_path(tmp_path, "a1")
    path.parent.mkdir()
    path.write_text('{"schema_version": 99}')
    with pytest.raises(UnreadableFileError, match="newer version"):
        read_review(path, "cell")
