"""How a score depends on the thresholds of making objects."""

from __future__ import annotations

from collections.abc import Iterable

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.core.tuning import Tried, threshold_curves
from desktop_app.gui.widgets.curve_plot import CurvePlot

_HEIGHT = 190  # px: a peak is seen, and the picture above stays the largest thing on the page


class ThresholdPlot(CurvePlot):
    """A curve for each threshold that was tried; hidden where none was.

    Args:
        title: Shown above.
    """

    def __init__(self, title: str) -> None:
        super().__init__(title, x_title="Threshold")
        self.setFixedHeight(_HEIGHT)
        self.setXRange(0, 1)
        self.hide()

    def show_tried(self, points: Iterable[Tried], card: ModelCard | None) -> dict[str, str]:
        """Show what was tried of the parameters that a model has; nothing without one.

        Returns:
            The titles of the thresholds, by name.
        """
        self.clear_curves()
        found = threshold_curves(points) if card is not None else {}
        fields = RECIPES[card.recipe].decode.model_fields if card is not None else {}
        titles = {name: fields[name].title or name for name in found}
        for name, curve in found.items():
            for point in curve:
                self.add_point(titles[name], point.value, point.score)
        self.setVisible(bool(found))
        return titles
