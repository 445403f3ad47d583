"""The page with the result shows how the score depends on the thresholds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from desktop_app.core.tuning import Tried, told
from desktop_app.gui.training.pages.threshold_view import ThresholdView
from desktop_app.gui.training.run_record import GrowingCurve
from desktop_app.io.models import save_model
from tests.cards import semantic_card


def curves() -> dict[str, GrowingCurve]:
    found: dict[str, GrowingCurve] = {"loss/train": [(1, 0.5)]}
    for value, score in ((0.5, 0.8), (0.4, 0.9), (0.3, 0.7)):
        metric = told(Tried("threshold", value, score))
        found.setdefault(metric.name, []).append((metric.step, metric.value))
    return found


def test_the_curve_and_the_choice_are_shown(qtbot: QtBot, tmp_path: Path) -> None:
    card = semantic_card(divisor=(8, 8, 8), decode={"threshold": 0.4})
    model = save_model(tmp_path / "m.vwmodel", card, {"w": np.zeros(1, np.float32)})
    view = ThresholdView()
    qtbot.addWidget(view)
    view.show_curves(curves(), model)
    assert view.isVisible()
    assert view.plot.points("Confidence threshold") == ([0.3, 0.4, 0.5], [0.7, 0.9, 0.8])
    assert "Confidence threshold 0.4." in view.words.text()


def test_nothing_is_shown_where_nothing_was_tuned_or_there_is_no_model(qtbot: QtBot, tmp_path: Path) -> None:
    view = ThresholdView()
    qtbot.addWidget(view)
    view.show_curves({"loss/train": [(1, 0.5)]}, tmp_path / "m.vwmodel")
    assert not view.isVisible()
    view.show_curves(curves(), None)
    assert not view.isVisible()
