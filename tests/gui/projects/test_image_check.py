from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile

from desktop_app.core.imaging import Volume
from desktop_app.core.job import RecordingContext
from desktop_app.gui.projects.adding_questions import stack_question
from desktop_app.gui.projects.image_check import check_images, summary
from desktop_app.io.images.registry import write_volume


def test_damaged_files_are_called_by_their_names(tmp_path: Path) -> None:
    cut = tmp_path / "cut.tif"
    tifffile.imwrite(cut, np.zeros((10, 48, 48), np.uint16), imagej=True, metadata={"axes": "ZYX"}, compression="zlib")
    cut.write_bytes(cut.read_bytes()[:-400])
    (tmp_path / "zero.tif").touch()
    checked = check_images([tmp_path], {}, RecordingContext())
    assert summary(checked) == "2 files cannot be opened and stay out: cut.tif, zero.tif"


def test_a_name_that_is_no_text_is_told_escaped(tmp_path):
    path = tmp_path / os.fsdecode(b"bad\xff.tif")
    try:
        path.write_bytes(b"")
    except (OSError, UnicodeError):
        pytest.skip("this disk takes only names that are text")
    checked = check_images([tmp_path], {}, RecordingContext())
    assert summary(checked).startswith(r"Cannot open bad\xff.tif: the file is empty")


def test_a_folder_of_alike_pictures_is_asked_about(tmp_path: Path) -> None:
    for number in range(3):
        volume = Volume.from_array(np.full((20, 30), number, np.uint8))
        write_volume(tmp_path / f"z{number}.tif", volume.source, volume)
    checked = check_images([tmp_path], {}, RecordingContext())
    assert (checked.good, checked.stacks) == ((), (tmp_path,))
    assert "holds 3 pictures of one size" in stack_question(tmp_path)[1]
    apart = check_images([tmp_path], {}, RecordingContext(), apart=True)
    assert (len(apart.good), apart.stacks) == (3, ())
