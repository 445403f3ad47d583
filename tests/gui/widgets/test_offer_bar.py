from __future__ import annotations

from typing import Any

from desktop_app.gui.widgets.offer_bar import OfferBar


def test_an_offer_stays_until_it_is_answered(qtbot: Any) -> None:
    bar = OfferBar("Do it", "No")
    qtbot.addWidget(bar)
    assert bar.isHidden()
    for button, signal in ((bar.yes, bar.taken), (bar.no, bar.declined)):
        bar.offer("It would be quicker.")
        assert not bar.isHidden()
        with qtbot.waitSignal(signal):
            button.click()
        assert bar.isHidden()
