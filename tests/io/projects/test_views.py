from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.core.errors import UnwritableFileError
from desktop_app.core.imaging.look import first_look
from desktop_app.core.labelling.layers import LabelStyle, LayerLook
from desktop_app.core.project.view import ItemView, SavedLayer
from desktop_app.io.projects.views import read_view, write_view


def test_a_view_comes_back_as_it_was(tmp_path: Path) -> None:
    look = first_look(2).with_channel(1, gamma=0.4, low=3.0, high=9.0)
    layer = SavedLayer(path="../r.tif", title="r", look=LayerLook(style=LabelStyle.CONTOUR, opacity=0.2))
    view = ItemView(image=look, layers=(layer,))
    with pytest.raises(UnwritableFileError, match="its folder is not there any more"):
        write_view(tmp_path, "a1", view)
    (tmp_path / "views").mkdir()
    write_view(tmp_path, "a1", view)
    assert read_view(tmp_path, "a1") == view


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": 99}', '{"image": {"channels": [{"gamma": 0}]}}'])
def test_a_damaged_view_is_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "views").mkdir()
    (tmp_path / "views" / "a1.json").write_text(text)
    assert read_view(tmp_path, "a1") == ItemView()
    assert read_view(tmp_path, "other") == ItemView()
