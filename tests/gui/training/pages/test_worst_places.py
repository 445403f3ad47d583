from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from desktop_app.core.advice.mistakes import Mistake
from desktop_app.core.advice.record import MistakePlace
from desktop_app.gui.training.pages.worst_places import WorstPlaces, place_words
from desktop_app.io.pictures import write_picture


@pytest.fixture
def place(tmp_path: Path) -> MistakePlace:
    write_picture(tmp_path / "1.png", np.full((64, 200, 3), 90, np.uint8))
    return MistakePlace(mistake=Mistake.MERGED, image="Emb01", file="Emb01.tif", voxel=(4, 20, 30), picture="1.png")


def test_a_click_or_the_space_bar_asks_for_the_place(qtbot: QtBot, tmp_path: Path, place: MistakePlace) -> None:
    view = WorstPlaces()
    qtbot.addWidget(view)
    view.show_places(tmp_path, (place,))
    view.show()
    with qtbot.waitSignal(view.open_requested) as asked:
        qtbot.mouseClick(view.pictures[0], Qt.MouseButton.LeftButton)
    assert asked.args == [place]
    with qtbot.waitSignal(view.open_requested):
        qtbot.keyClick(view.pictures[0], Qt.Key.Key_Space)


def test_what_was_found_is_asked_for_in_the_folder_of_its_run(
    qtbot: QtBot, tmp_path: Path, place: MistakePlace
) -> None:
    view = WorstPlaces()
    qtbot.addWidget(view)
    view.show_places(tmp_path, (place.model_copy(update={"found": "1.tif"}),))
    with qtbot.waitSignal(view.open_requested) as asked:
        view.pictures[0].click()
    assert asked.args[0].found == str(tmp_path / "1.tif")


def test_other_places_take_the_place_of_those_before(qtbot: QtBot, tmp_path: Path, place: MistakePlace) -> None:
    view = WorstPlaces()
    qtbot.addWidget(view)
    view.show_places(tmp_path, (place, place))
    assert len(view.pictures) == 2
    view.show_places(tmp_path, (place.model_copy(update={"picture": "gone.png"}),))
    assert (view.pictures, view.isHidden()) == ([], True)


def test_places_stand_below_each_other_without_gaps(qtbot: QtBot, tmp_path: Path, place: MistakePlace) -> None:
    view = WorstPlaces()
    qtbot.addWidget(view)
    view.show_places(tmp_path, (place, place))
    view.resize(400, 900)
    view.show()
    first, second = (picture.mapTo(view, picture.rect().topLeft()).y() for picture in view.pictures)
    assert 128 <= second - first <= 170  # px: the picture at that width, its words and the gap


def test_slices_and_times_are_counted_from_one(place: MistakePlace) -> None:
    assert place_words(place) == "Touching objects became one: Emb01, x 30, y 20, z 4"
    assert place_words(place.model_copy(update={"flat": True})) == "Touching objects became one: Emb01, x 30, y 20"
    assert "time point 3" in place_words(place.model_copy(update={"time": 2}))
