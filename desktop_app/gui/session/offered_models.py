"""The models that are offered wherever one is chosen: those of the project, then those that come with the program."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.gui.session.session import Session
from desktop_app.io.models import load_card
from desktop_app.io.models.starters import comes_with_us, starter_paths


def offered_models(session: Session) -> list[Path]:
    """Models to choose from: those of the project, then those of ours that see as many dimensions as the open image."""
    opened, volume = session.open_project, session.volume
    own = list(opened.models()) if opened is not None else []
    if volume is None:
        return [*own, *starter_paths()]
    wanted = 2 if volume.is_2d else 3
    return [*own, *sorted(starter_paths(), key=lambda path: _dimensions(path) != wanted)]


def _dimensions(model: Path) -> int:
    """Of the images that a model sees; 0 if it cannot be read, which is told where it is chosen."""
    try:
        return load_card(model).dimensions
    except UserError:
        return 0


def model_title(model: Path) -> str:
    """A model's name, and whether it comes with the program."""
    return f"{model.stem} (comes with Voxelwright)" if comes_with_us(model) else model.stem


def try_words(session: Session) -> str:
    """What the button says that tries a model: on the open image, or on one that is chosen then."""
    return "Try on this image" if session.volume is not None else "Try on an image…"
