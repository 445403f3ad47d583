from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pytestqt.qtbot import QtBot

from desktop_app.gui.widgets.outline_picture import (
    BOTH_COLOR,
    PREDICTION_COLOR,
    TRUTH_COLOR,
    PictureView,
    outlined,
    outlines,
)


def square() -> np.ndarray:
    labels = np.zeros((8, 8), np.uint32)
    labels[2:6, 2:6] = 3
    return labels


def test_the_outline_is_the_rim_of_the_object() -> None:
    rim = outlines(square())
    assert int(rim.sum()) == 12
    assert not rim[3:5, 3:5].any()


@given(arrays(np.uint32, (6, 7), elements=st.integers(0, 3)))
def test_outlines_lie_inside_objects_and_separate_neighbours(labels: np.ndarray) -> None:
    rim = outlines(labels)
    assert not rim[labels == 0].any()
    touching = labels[:, 1:] != labels[:, :-1]
    assert rim[:, 1:][touching & (labels[:, 1:] > 0)].all()


def test_prediction_truth_and_agreement_have_their_colours() -> None:
    image = np.zeros((8, 8), np.uint8)
    moved = np.roll(square(), 2, axis=1)
    colors = {tuple(c) for c in outlined(image, square(), moved).reshape(-1, 3).tolist()}
    assert colors == {(0, 0, 0), PREDICTION_COLOR, TRUTH_COLOR, BOTH_COLOR}
    alone = {tuple(c) for c in outlined(image, square()).reshape(-1, 3).tolist()}
    assert alone == {(0, 0, 0), PREDICTION_COLOR}


def test_the_view_shows_a_picture_or_a_sentence(qtbot: QtBot) -> None:
    view = PictureView("Nothing yet.")
    qtbot.addWidget(view)
    view.resize(100, 100)
    view.show()
    assert view.is_empty
    view.set_picture(np.full((4, 4, 3), 250, np.uint8))
    assert view.grab().toImage().pixelColor(50, 50).red() == 250
    view.set_picture(None)
    assert view.is_empty
