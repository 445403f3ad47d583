"""Moving pictures as files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from desktop_app.core.errors import UserError
from desktop_app.io.atomic import write_bytes

# Pillow's quality (0 to 100) and effort (0 to 6) of WebP: edges of objects stay clean, by eye, and it is quick.
_FORMATS: dict[str, dict[str, Any]] = {
    ".gif": {"format": "GIF", "optimize": False},
    ".webp": {"format": "WEBP", "quality": 85, "method": 2},
}
"""Options of Pillow by ending; of WebP quality (0 to 100) a little above its default 80, effort (0 to 6) below 4."""

MOVIE_ENDINGS = tuple(_FORMATS)
"""With a dot, in lower case."""


def require_movie_ending(path: Path) -> None:
    """Raise a ``UserError`` where a file of that name cannot be a movie."""
    if path.suffix.lower() not in _FORMATS:
        raise UserError(f"“{path.name}” is no file for a movie.", hint="Let its name end in .gif or .webp.")


def write_movie(path: Path, pictures: Sequence[NDArray[np.uint8]], seconds: float) -> None:
    """Write a movie that goes round and round.

    Args:
        path: Ends in ``.gif`` or ``.webp``.
        pictures: (height, width, 3) each, at least one.
        seconds: How long one round takes.

    Raises:
        UserError: If the ending is another one, or the file cannot be written.
    """
    require_movie_ending(path)
    first, *rest = (Image.fromarray(picture) for picture in pictures)
    file = io.BytesIO()
    each = max(20, round(1000 * seconds / len(pictures)))  # ms; browsers show GIFs no faster than 50 a second
    first.save(file, save_all=True, append_images=rest, duration=each, loop=0, **_FORMATS[path.suffix.lower()])
    write_bytes(path, file.getvalue())
