"""A search through folders, stopped on its way."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.core.job import JobCancelled
from desktop_app.io.datasets import images_in_folder, pairs_in_folder, recognise, search_stopped_by
from desktop_app.io.datasets.contents import look_into


class Stop:
    """The user stops when so many folders were looked at."""

    def __init__(self, after: int) -> None:
        self.after, self.asked = after, 0

    def __call__(self) -> None:
        self.asked += 1
        if self.asked > self.after:
            raise JobCancelled


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a/b/c", "a/d", "e/f", "g"):
        (tmp_path / name).mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("search", [recognise, pairs_in_folder, images_in_folder, look_into])
def test_a_search_ends_at_the_next_folder_once_it_is_asked_to(search, tree: Path) -> None:
    every = Stop(10**6)
    with search_stopped_by(every):
        assert not getattr(found := search(tree), "every", found)
    assert every.asked > 8  # more than once for each folder: several layouts look
    for after in (0, 1, every.asked - 1):
        stop = Stop(after)
        with pytest.raises(JobCancelled), search_stopped_by(stop):
            search(tree)
        assert stop.asked == after + 1
    asked = every.asked
    assert not getattr(found := search(tree), "every", found)
    assert every.asked == asked  # afterwards nobody is asked
