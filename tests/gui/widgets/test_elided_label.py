"""Text that does not fit is shortened, and told in the tooltip."""

from __future__ import annotations

from desktop_app.gui.widgets.elided_label import ElidedLabel

TEXT = "A name as long as people give their images"


def test_text_that_fits_is_shown_whole(qtbot) -> None:
    label = ElidedLabel(TEXT)
    qtbot.addWidget(label)
    label.resize(900, 20)
    label.show()
    assert (label.elided, label.toolTip()) == (False, "")


def test_text_that_does_not_fit_stands_in_the_tooltip(qtbot) -> None:
    label = ElidedLabel(TEXT)
    qtbot.addWidget(label)
    label.set_tip("In the folder of images")
    label.resize(60, 20)
    label.show()
    assert label.elided
    assert label.toolTip() == f"{TEXT}\nIn the folder of images"
    assert label.minimumSizeHint().width() < 60 < label.sizeHint().width()
    label.setText("a")
    assert label.toolTip() == "In the folder of images"
