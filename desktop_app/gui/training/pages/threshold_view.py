"""How the score of the validation images depends on the thresholds of making objects."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from PySide6.QtWidgets import QLabel, QWidget

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.job import Metric
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.core.tuning import chosen_values, heard, threshold_curves
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import TIGHT
from desktop_app.gui.training.run_record import GrowingCurve
from desktop_app.gui.widgets.curve_plot import CurvePlot
from desktop_app.gui.widgets.step_page import column
from desktop_app.io.models import load_card

_HEIGHT = 190  # px: a peak is seen, and the picture above stays the largest thing on the page


class ThresholdView(QWidget):
    """A curve for each threshold that was tuned, and what was chosen; hidden where none was."""

    def __init__(self) -> None:
        super().__init__()
        self.plot = CurvePlot("Score of the validation images", x_title="Threshold")
        self.plot.setFixedHeight(_HEIGHT)
        self.plot.setXRange(0, 1)
        self.words = QLabel()
        self.words.setWordWrap(True)
        set_role(self.words, "muted")
        layout = column(self, TIGHT)
        layout.addWidget(self.plot)
        layout.addWidget(self.words)
        self.hide()

    def show_curves(self, curves: dict[str, GrowingCurve], model: Path | None) -> None:
        """Show what a run has told.

        Args:
            curves: Points (step, value) by metric name.
            model: That the run has made.
        """
        self.plot.clear_curves()
        points = [heard(Metric(name, step, value)) for name, curve in curves.items() for step, value in curve]
        found = threshold_curves(point for point in points if point is not None)
        card = _card(model)
        self.setVisible(bool(found) and card is not None)
        if card is None or not found:
            return
        fields = RECIPES[card.recipe].decode.model_fields
        titles = {name: fields[name].title or name for name in found}
        for name, curve in found.items():
            for point in curve:
                self.plot.add_point(titles[name], point.value, point.score)
        chosen = ", ".join(f"{titles[name]} {value:g}" for name, value in chosen_values(card.decode, found).items())
        self.words.setText(
            f"Set in the model: {chosen}. A default stays where another value is better by less than chance may bring."
        )


def _card(model: Path | None) -> ModelCard | None:
    if model is not None:
        with suppress(UserError):
            card = load_card(model)
            return card if card.recipe in RECIPES else None
    return None
