"""The models that are offered wherever one is chosen: those of the project, then those that come with the program."""

from __future__ import annotations

from pathlib import Path

from desktop_app.gui.session.session import Session
from desktop_app.io.models.starters import comes_with_us, starter_paths


def offered_models(session: Session) -> list[Path]:
    """Models to choose from, those of the project first."""
    opened = session.open_project
    own = list(opened.models()) if opened is not None else []
    return [*own, *starter_paths()]


def model_title(model: Path) -> str:
    """A model's name, and whether it comes with the program."""
    return f"{model.stem} (comes with Voxelwright)" if comes_with_us(model) else model.stem
