from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QButtonGroup, QLabel
from pytestqt.qtbot import QtBot

from desktop_app.gui.widgets.choice_card import ChoiceCard, blend
from desktop_app.gui.widgets.message_list import MessageList


def test_cards_of_a_group_exclude_each_other(qtbot: QtBot) -> None:
    cards, group = [ChoiceCard("One", "First."), ChoiceCard("Two", "Second.", badge="new")], QButtonGroup()
    for card in cards:
        group.addButton(card)
        qtbot.addWidget(card)
        card.show()
    qtbot.mouseClick(cards[0], Qt.MouseButton.LeftButton)
    qtbot.keyClick(cards[1], Qt.Key.Key_Space)
    assert [card.isChecked() for card in cards] == [False, True]
    assert cards[0].accessibleName() == "One. First."


def test_blending_ends_at_both_colours() -> None:
    red, blue = QColor(255, 0, 0), QColor(0, 0, 255)
    assert blend(red, blue, 0.0) == red
    assert blend(red, blue, 1.0) == blue


def test_messages_come_gravest_first_and_are_counted(qtbot: QtBot) -> None:
    messages = MessageList(limit=2)
    qtbot.addWidget(messages)
    messages.set_messages([("info", "c"), ("error", "a"), ("warning", "b"), ("info", "d")])
    assert messages.texts == ["a", "b", "c", "d"]
    assert not messages.isHidden()
    messages.set_messages([])
    assert messages.isHidden()


def test_a_link_is_followed_and_the_rest_of_its_line_chooses_the_card(qtbot: QtBot) -> None:
    card = ChoiceCard("One", note="Works slice by slice. Myronenko 2018, [arXiv 1.2](https://arxiv.org/abs/1.2)")
    qtbot.addWidget(card)
    card.resize(500, 80)
    card.show()
    (note,) = (label for label in card.findChildren(QLabel) if "arXiv" in label.text())
    card.setDown(True)  # as after a press on the link, which the line lets through
    with qtbot.waitSignal(card.link_chosen) as chosen:
        note.linkActivated.emit("https://arxiv.org/abs/1.2")
    assert chosen.args == ["https://arxiv.org/abs/1.2"]
    assert not card.isDown()
    assert not card.isChecked()
    qtbot.mouseClick(note, Qt.MouseButton.LeftButton, pos=QPoint(4, note.height() // 2))
    assert card.isChecked()
