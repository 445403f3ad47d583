"""A bar shows how far something is, or that nobody knows."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QProgressBar
from pytestqt.qtbot import QtBot

from desktop_app.gui.widgets.share_bar import show_busy, show_share


@pytest.mark.parametrize("share", [0.0, 0.25, 0.999, 1.0])
def test_a_share_fills_that_part(qtbot: QtBot, share: float) -> None:
    bar = QProgressBar()
    qtbot.addWidget(bar)
    show_share(bar, share)
    assert bar.value() / bar.maximum() == pytest.approx(share)


def test_a_busy_bar_has_no_end_until_a_share_is_known(qtbot: QtBot) -> None:
    bar = QProgressBar()
    qtbot.addWidget(bar)
    show_busy(bar)
    assert bar.maximum() == 0
    show_share(bar, 0.5)
    assert bar.value() * 2 == bar.maximum()
