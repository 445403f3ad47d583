"""Words of less weight wrap where they are a paragraph."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from desktop_app.gui.theme.roles import muted_label


@pytest.mark.parametrize("wraps", [True, False])
def test_the_words_are_there_fainter_and_wrap_as_wanted(qtbot: QtBot, wraps: bool) -> None:
    label = muted_label("Said quietly.", wraps=wraps)
    qtbot.addWidget(label)
    assert (label.text(), label.wordWrap(), label.property("role")) == ("Said quietly.", wraps, "muted")
