"""The models that come with the program: to find nuclei at once, or to begin a training with."""

from __future__ import annotations

from pathlib import Path

from desktop_app.io.models.bundle import models_in
from desktop_app.io.resources import resource

STARTER_FOLDER = resource("models")
"""Where they lie."""


def starter_paths() -> list[Path]:
    """Their places, by name."""
    return models_in(STARTER_FOLDER)


def comes_with_us(model: Path) -> bool:
    """Whether a model comes with the program."""
    return model.absolute().parent == STARTER_FOLDER.absolute()
