"""Links whose originals were moved are said, wherever they lie in a data set."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.core.errors import UserError
from desktop_app.io.datasets.dead_links import dead_links_words, pairs_hint
from desktop_app.jobs.train.training_pairs import source_in


def test_links_that_lead_nowhere_are_counted(tmp_path: Path) -> None:
    for part in ("images", "labels"):
        (tmp_path / "train" / part).mkdir(parents=True)
        (tmp_path / "train" / part / "zelle ä.tif").symlink_to(tmp_path / "gone" / part / "zelle ä.tif")
    said = dead_links_words(tmp_path)
    assert said.startswith("2 files are links to what is not there any more (zelle ä.tif, …)")
    with pytest.raises(UserError, match="were the originals moved"):
        source_in(tmp_path)


def test_without_them_it_is_said_how_pairs_lie(tmp_path: Path) -> None:
    assert dead_links_words(tmp_path) == ""
    assert "folder “images”" in pairs_hint(tmp_path)
