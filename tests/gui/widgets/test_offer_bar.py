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


def test_an_offer_in_a_page_is_as_wide_as_its_other_parts(qtbot: Any) -> None:
    for flush in (False, True):
        bar = OfferBar("Do it", "No", flush=flush)
        qtbot.addWidget(bar)
        bar.offer("It would be quicker.")
        assert (bar.banner.x() == 0) is flush
