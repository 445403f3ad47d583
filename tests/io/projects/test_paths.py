"""Paths that a project stores lead back to the file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.io.projects.paths import actual_path, stored_path

NAMES = st.lists(st.text("abcµ é.-", min_size=1, max_size=6).filter(lambda s: s.strip(". ")), min_size=1, max_size=5)


@given(project=NAMES, image=NAMES)
def test_stored_paths_lead_back(project: list[str], image: list[str]) -> None:
    root = Path("/" if os.name != "nt" else "C:/")
    folder, file = root.joinpath(*project), root.joinpath(*image)
    stored = stored_path(folder, file)
    assert "\\" not in stored
    assert actual_path(folder, stored) == file
    assert Path(stored).is_absolute() == (project[0] != image[0])


def test_inside_the_project(tmp_path: Path) -> None:
    assert stored_path(tmp_path, tmp_path / "images" / "a.tif") == "images/a.tif"


@pytest.mark.parametrize("stored", ["C:/data/a.tif", "D:/a.tif"])
def test_drives_of_another_system_are_kept(stored: str) -> None:
    assert actual_path(Path("/project"), stored).as_posix() == stored
