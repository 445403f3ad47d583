"""What a model finds while it learns lies over the image that is open."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from desktop_app.core.imaging import Region
from desktop_app.core.job import FoundLabels
from desktop_app.core.labelling.layers import LIVE, LabelStyle
from desktop_app.gui.session.session import Session
from desktop_app.gui.training import live_labels
from desktop_app.gui.training.live_labels import LiveLabels
from desktop_app.gui.training.pages.live_row import LiveRow
from desktop_app.io.projects import OpenProject
from tests.gui.training.conftest import SHAPE, add_image

KEY = LIVE + "Nuclei"


@pytest.fixture
def live(session: Session, opened: OpenProject, qapp: QObject) -> LiveLabels:
    session.select_item(opened.project.items[0].id)
    return LiveLabels(session, "Nuclei", qapp)


def found(opened: OpenProject, step: int = 10, item: int = 0, value: int = 1) -> FoundLabels:
    box = Region((1, 2, 3), (4, 10, 12))
    labels = np.full(box.shape, value, np.uint32)
    file = opened.image_path(opened.project.items[item])
    return FoundLabels(f"Emb0{item + 1}", str(file), 0, step, box, labels, False, (2, 6, 7))


def test_the_layer_is_renewed_at_each_check_and_keeps_its_look(
    live: LiveLabels, opened: OpenProject, session: Session
) -> None:
    live.add(found(opened))
    layer = session.layers.get(KEY)
    assert layer is not None
    assert layer.title == "Nuclei, after step 10"
    read = layer.store.read(Region.whole(SHAPE))
    assert read[1:4, 2:10, 3:12].all()
    assert np.count_nonzero(read) == 3 * 8 * 9
    session.layers.set_look(KEY, style=LabelStyle.FILLED)
    live.add(found(opened, 20, value=7))
    renewed = session.layers.get(KEY)
    assert renewed is not None
    assert renewed.title == "Nuclei, after step 20"
    assert renewed.look.style is LabelStyle.FILLED
    assert renewed.store.read(Region((1, 2, 3), (2, 3, 4)))[0, 0, 0] == 7


def test_it_lies_over_whichever_checked_image_is_open(live: LiveLabels, opened: OpenProject, session: Session) -> None:
    add_image(opened, "Emb02")
    session.update_project(opened.project)
    live.add(found(opened, item=1, value=5))
    assert session.layers.get(KEY) is None
    session.select_item(opened.project.items[1].id)
    layer = session.layers.get(KEY)
    assert layer is not None
    assert layer.store.read(Region((1, 2, 3), (2, 3, 4)))[0, 0, 0] == 5


def test_it_can_be_switched_off_and_on(live: LiveLabels, opened: OpenProject, session: Session, qtbot: QtBot) -> None:
    row = LiveRow()
    qtbot.addWidget(row)
    row.watch(live)
    assert row.isHidden()
    live.add(found(opened))
    assert not row.isHidden()
    row.box.click()
    assert session.layers.get(KEY) is None
    live.add(found(opened, 20))
    assert session.layers.get(KEY) is None
    row.box.click()
    assert session.layers.get(KEY) is not None


def test_a_layer_that_the_user_took_away_stays_away(live: LiveLabels, opened: OpenProject, session: Session) -> None:
    live.add(found(opened))
    session.layers.remove(KEY)
    live.add(found(opened, 20))
    assert session.layers.get(KEY) is None
    assert not live.shown


def test_the_image_is_opened_on_demand(live: LiveLabels, opened: OpenProject, session: Session, qtbot: QtBot) -> None:
    row = LiveRow()
    qtbot.addWidget(row)
    row.watch(live)
    live.show(False)
    one = found(opened)
    live.add(one)
    with qtbot.waitSignal(row.open_requested) as asked:
        row.open_button.click()
    assert asked.args == [one]
    assert session.layers.get(KEY) is not None


def test_memory_is_bounded(live: LiveLabels, opened: OpenProject, monkeypatch: pytest.MonkeyPatch) -> None:
    add_image(opened, "Emb02")
    one, other = found(opened), found(opened, item=1)
    monkeypatch.setattr(live_labels, "_MOST_BYTES", one.labels.nbytes)
    live.add(one)
    live.add(other)
    assert live.first is other


def test_what_does_not_fit_the_open_image_is_not_laid_over_it(
    live: LiveLabels, opened: OpenProject, session: Session
) -> None:
    box = Region((0, 0, 0), (SHAPE[0] + 1, 2, 2))
    file = str(opened.image_path(opened.project.items[0]))
    live.add(FoundLabels("Emb01", file, 0, 1, box, np.ones(box.shape, np.uint32), False, (0, 0, 0)))
    assert session.layers.get(KEY) is None


def test_after_the_end_nothing_is_laid_over_other_images(
    live: LiveLabels, opened: OpenProject, session: Session
) -> None:
    live.add(found(opened))
    live.end()
    assert session.layers.get(KEY) is not None
    assert live.first is None
    session.layers.clear()
    session.read_anew()
    assert session.layers.get(KEY) is None
