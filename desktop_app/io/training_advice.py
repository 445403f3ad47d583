"""The advice that a training left in its run folder."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from desktop_app.core.advice.record import TrainingAdvice
from desktop_app.io.json_files import read_json

ADVICE_FILE = "advice.json"
"""In the run folder; the pictures that it names lie below it."""
PICTURES = "advice"
"""Folder of these pictures."""


def read_advice(run: Path) -> TrainingAdvice | None:
    """The advice in a run folder; None where there is none, as in runs of earlier versions, or it is damaged."""
    try:
        return TrainingAdvice.model_validate(read_json(run / ADVICE_FILE))
    except (OSError, ValueError, ValidationError):
        return None
