from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from desktop_app.core.errors import UserError
from desktop_app.core.imaging.scale_bar import ScaleBar
from desktop_app.io.pictures import with_scale_bar, write_picture


def test_a_bar_of_the_right_length_is_drawn_and_the_picture_stays() -> None:
    grey = np.full((200, 320, 3), 90, np.uint8)
    drawn = with_scale_bar(grey, ScaleBar(80.0, "20 µm"))
    assert (grey == 90).all()
    rows = [int((row == 255).all(axis=1).sum()) for row in drawn]
    assert max(rows) == 80
    assert (drawn[:100] == 90).all()


def test_a_picture_is_written_without_loss(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (8, 9, 3)).astype(np.uint8)
    write_picture(tmp_path / "a.png", picture)
    with Image.open(tmp_path / "a.png") as found:
        np.testing.assert_array_equal(np.asarray(found), picture)
    with pytest.raises(UserError, match=r"end in \.png"):
        write_picture(tmp_path / "a.jpg", picture)
