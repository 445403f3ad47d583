from __future__ import annotations

from pytestqt.qtbot import QtBot

from desktop_app.gui.training.pages.preview_view import PreviewView


def test_it_is_said_when_pictures_come(qtbot: QtBot) -> None:
    view = PreviewView()
    qtbot.addWidget(view)
    view.expect(1200)
    assert view.picture.empty_text == "A validation image appears here after the next check, at step 1,200."
    view.expect(None)
    assert view.picture.empty_text == "The images appear here once all parts have learned."


def test_no_picture_is_promised_after_the_end(qtbot: QtBot) -> None:
    view = PreviewView()
    qtbot.addWidget(view)
    view.expect(1200)
    view.expect_none()
    assert view.picture.empty_text == "The training ended before a validation image was looked at."
