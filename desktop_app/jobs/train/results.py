"""What an ended training has made, read from its run folder."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.core.training_result import TrainingResult
from desktop_app.io.models import MODEL_SUFFIX, load_card
from desktop_app.io.training_advice import read_advice


def read_result(run: Path) -> TrainingResult | None:
    """Model, scores and advice of a run; None where it has made no model yet, or that cannot be read."""
    for model in sorted(run.glob(f"*{MODEL_SUFFIX}")):
        try:
            card = load_card(model)
        except UserError:
            continue
        told = card.training
        return TrainingResult(
            run,
            model,
            dict(card.metrics),
            int(told.get("best_step", 0)),
            told.get("stopped", "finished"),
            kept=told.get("kept", "learned"),
            advice=read_advice(run),
            doubts=tuple(map(str, told.get("doubts", ()))),
        )
    return None
