"""What an ended training has made, read from its run folder."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.core.score_trust import trust_of
from desktop_app.core.training_result import TrainingResult
from desktop_app.io.models import MODEL_SUFFIX, load_card
from desktop_app.io.training_advice import read_advice


def read_result(run: Path, steps: int | None = None) -> TrainingResult | None:
    """Model, scores and advice of a run.

    Args:
        run: Its folder.
        steps: For which it was to learn at last; a model that was made for fewer is of before it went on.

    Returns:
        None where it has made no model yet, only one of before it went on, or one that cannot be read.
    """
    for model in sorted(run.glob(f"*{MODEL_SUFFIX}")):
        try:
            card = load_card(model)
        except UserError:
            continue
        told = card.training
        if steps is not None and told.get("steps", steps) < steps:
            continue
        return TrainingResult(
            run,
            model,
            dict(card.metrics),
            int(told.get("best_step", 0)),
            told.get("stopped", "finished"),
            kept=told.get("kept", "learned"),
            trust=trust_of(told),
            advice=read_advice(run),
            doubts=tuple(map(str, told.get("doubts", ()))),
        )
    return None
