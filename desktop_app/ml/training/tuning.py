"""What choosing the parameters of making objects told, kept with the run: a table, a picture, a sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.core.config.model_card import ModelCard
from desktop_app.core.job import JobContext, JobEvent, Metric, Note
from desktop_app.core.recipes.registry import RECIPES
from desktop_app.core.tuning import Tried, chosen_values, curve_in_words, heard, threshold_curves
from desktop_app.io.tables import write_csv
from desktop_app.ml.training.logs import draw_curves

TABLE, PICTURE = "thresholds.csv", "thresholds.png"


@dataclass(slots=True)
class TuningLog:
    """Passes everything on, and remembers which values were tried.

    Attributes:
        ctx: Hears everything.
        points: What was tried, in order.
        images: On what, for the title of the picture.
    """

    ctx: JobContext
    points: list[Tried] = field(default_factory=list)
    images: str = "validation images"

    def report(self, event: JobEvent) -> None:
        """Pass on."""
        tried = heard(event) if isinstance(event, Metric) else None
        if tried is not None:
            self.points.append(tried)
        self.ctx.report(event)

    def raise_if_cancelled(self) -> None:
        """Stop where the job is asked to stop."""
        self.ctx.raise_if_cancelled()

    def keep(self, run: Path | None, card: ModelCard) -> None:
        """Write the table and the picture into the run, and say what they say; nothing where nothing was tried.

        Args:
            run: The run folder, or another one that is there; None only says it.
            card: The model, with the values that were chosen.

        Raises:
            UnwritableFileError: If the disk refuses.
        """
        if not self.points:
            return
        curves, fields = threshold_curves(self.points), RECIPES[card.recipe].decode.model_fields
        chosen = chosen_values(card.decode, curves)
        lines = {}
        for name, curve in curves.items():
            title = fields[name].title or name
            lines[title] = [point.value for point in curve], [point.score for point in curve]
            self.ctx.report(Note("info", curve_in_words(title, curve, chosen[name])))
        if run is not None:
            rows = [{"parameter": p.name, "value": p.value, "score": round(p.score, 6)} for p in self.points]
            write_csv(run / TABLE, rows, ("parameter", "value", "score"))
            draw_curves(run / PICTURE, f"Score of the {self.images}", lines, across="threshold")
