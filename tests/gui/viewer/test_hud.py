from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from desktop_app.core.imaging.scale_bar import ScaleBar
from desktop_app.gui.viewer import hud as hud_module
from desktop_app.gui.viewer.hud import Hud, HudState, Overview

places = st.tuples(st.floats(0, 300), st.floats(0, 200))
states = st.builds(
    HudState,
    tag=st.sampled_from(["", "xy   z 7", "yz   x 1023"]),
    bar=st.sampled_from([None, ScaleBar(80.0, "500 nm")]),
    cross=st.none() | places,
    ring=st.none() | st.tuples(st.floats(0, 300), st.floats(0, 200), st.floats(0, 80)),
    ring_text=st.sampled_from(["", "20 px · 92 nm"]),
    band=st.sampled_from([(), ((10.0, 10.0), (90.0, 20.0), (50.0, 70.0))]),
)


def pixels(widget: QWidget) -> np.ndarray:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., :3].copy()


@pytest.fixture
def hud(qtbot) -> Iterator[Hud]:
    parent = QWidget()
    parent.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    qtbot.addWidget(parent)
    parent.resize(300, 200)
    hud = Hud(parent)
    hud.resize(300, 200)
    parent.show()
    QApplication.processEvents()
    yield hud
    parent.hide()


@settings(max_examples=40, deadline=None)
@given(old=states, new=states)
def test_all_that_changes_is_inside_what_is_repainted(hud: Hud, monkeypatch, old: HudState, new: HudState) -> None:
    hud.change(old)
    before = pixels(hud)
    repainted = np.zeros((200, 300), bool)

    def note(*what: object) -> None:
        if not what:
            repainted[:] = True
            return
        x, y, w, h = what if len(what) == 4 else what[0].getRect()  # type: ignore[attr-defined]
        repainted[max(0, y) : max(0, y + h), max(0, x) : max(0, x + w)] = True

    monkeypatch.setattr(hud, "update", note)
    hud.change(new)
    monkeypatch.undo()
    changed = (pixels(hud) != before).any(axis=-1)
    rows, columns = (np.arange(n) * logical // n for n, logical in zip(changed.shape, repainted.shape, strict=True))
    assert not (changed & ~repainted[np.ix_(rows, columns)]).any()


def test_a_moving_ring_repaints_only_its_surroundings(hud: Hud, monkeypatch: pytest.MonkeyPatch) -> None:
    hud.change(HudState(ring=(50.0, 50.0, 10.0)))
    areas: list[int] = []
    monkeypatch.setattr(hud, "update", lambda *r: areas.append(r[0].width() * r[0].height() if r else 10**9))
    hud.change(HudState(ring=(60.0, 50.0, 10.0)))
    assert sum(areas) < 2500


def test_the_overview_is_drawn_once_and_anew_for_another_part(hud: Hud, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Overview] = []
    draw = hud_module._overview_image
    monkeypatch.setattr(hud_module, "_overview_image", lambda seen, *how: (drawn.append(seen), draw(seen, *how))[1])
    first, second = (Overview(1.5, share, 0.25, share + 0.25, 0.5) for share in (0.25, 0.5))
    seen = []
    for tag, part in (("z 1", first), ("z 2", first), ("z 2", second)):
        hud.change(HudState(tag=tag, overview=part))
        seen.append(pixels(hud))
    assert drawn == [first, second]
    corner = np.s_[seen[0].shape[0] // 2 :, seen[0].shape[1] // 2 :]
    np.testing.assert_array_equal(seen[0][corner], seen[1][corner])
    assert (seen[1][corner] != seen[2][corner]).any()
    hud.change(HudState())
    assert (pixels(hud)[corner] == pixels(hud)[corner][0, 0]).all()
