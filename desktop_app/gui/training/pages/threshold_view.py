"""How the score of the validation images depends on the thresholds of making objects."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from PySide6.QtWidgets import QLabel, QWidget

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.errors import UserError
from desktop_app.core.job import Metric
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.core.tuning import chosen_values, heard
from desktop_app.gui.theme import set_role
from desktop_app.gui.theme.spacing import TIGHT
from desktop_app.gui.training.run_record import GrowingCurve
from desktop_app.gui.widgets.step_page import column
from desktop_app.gui.widgets.threshold_plot import ThresholdPlot
from desktop_app.io.models import load_card


class ThresholdView(QWidget):
    """A curve for each threshold that was tuned, and what was chosen; hidden where none was."""

    def __init__(self) -> None:
        super().__init__()
        self.plot = ThresholdPlot("Score of the validation images")
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
        points = [heard(Metric(name, step, value)) for name, curve in curves.items() for step, value in curve]
        card = _card(model)
        titles = self.plot.show_tried((point for point in points if point is not None), card)
        self.setVisible(bool(titles))
        if card is None or not titles:
            return
        chosen = ", ".join(f"{titles[name]} {value:g}" for name, value in chosen_values(card.decode, titles).items())
        self.words.setText(
            f"Set in the model: {chosen}. A default stays where another value is better by less than chance may bring."
        )


def _card(model: Path | None) -> ModelCard | None:
    if model is not None:
        with suppress(UserError):
            card = load_card(model)
            return card if card.recipe in RECIPES else None
    return None
