"""Moving pictures as files."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from desktop_app.core.errors import UserError
from desktop_app.io.atomic import write_bytes
from desktop_app.io.mp4 import as_mp4

# Pillow's quality (0 to 100) and effort of WebP and AV1: edges of objects stay clean, by eye, and it is quick.
# Of 24 pictures of 512² AV1 at speed 8 took 1.1 s and 17 kB, at speed 6 5.8 s and 16 kB.
_FORMATS: dict[str, dict[str, Any]] = {
    ".mp4": {"format": "AVIF", "quality": 85, "speed": 8, "subsampling": "4:2:0"},
    ".gif": {"format": "GIF", "optimize": False, "loop": 0},
    ".webp": {"format": "WEBP", "quality": 85, "method": 2, "loop": 0},
}
"""Options of Pillow by ending; of WebP quality (0 to 100) a little above its default 80, effort (0 to 6) below 4."""

MOVIE_ENDINGS = tuple(_FORMATS)
"""With a dot, in lower case."""


def require_movie_ending(path: Path) -> None:
    """Raise a ``UserError`` where a file of that name cannot be a movie."""
    if path.suffix.lower() not in _FORMATS:
        raise UserError(f"“{path.name}” is no file for a movie.", hint=f"Let its name end in {_listed()}.")


def write_movie(path: Path, pictures: Iterable[NDArray[np.uint8]], seconds: float, count: int) -> None:
    """Write a movie; GIF and WebP go round and round, an MP4 (AV1) as the player wants.

    MP4 is written from AVIF, which is the same stream of pictures in nearly the same container: no other encoder is
    needed, and AV1 is free of royalties.

    Args:
        path: Ends in one of ``MOVIE_ENDINGS``.
        pictures: (height, width, 3) each, all alike; taken one after the other, as they are written.
        seconds: How long one round takes.
        count: How many pictures there are, at least one.

    Raises:
        UserError: If the ending is another one, or the file cannot be written.
    """
    require_movie_ending(path)
    file, ending = io.BytesIO(), path.suffix.lower()
    each = max(20, round(1000 * seconds / count))  # ms; browsers show GIFs no faster than 50 a second
    frames = _Frames(pictures, count)
    frames.save(file, save_all=True, duration=each, **_FORMATS[ending])
    write_bytes(path, as_mp4(file.getvalue()) if ending == ".mp4" else file.getvalue())


class _Frames(Image.Image):
    """Pictures as Pillow saves those of a file: it asks for one after the other, so that one is in memory at a time."""

    def __init__(self, pictures: Iterable[NDArray[np.uint8]], count: int) -> None:
        super().__init__()
        self._pictures, self._place = iter(pictures), -1
        self.n_frames, self.is_animated = count, count > 1
        self.seek(0)

    def seek(self, frame: int) -> None:
        """Go on to the next picture; nothing is shown twice.

        Raises:
            EOFError: Behind the last one.
        """
        if frame >= self.n_frames:
            raise EOFError
        if frame == self._place + 1:
            shown = Image.fromarray(next(self._pictures))
            self.im, self._mode, self._size = shown.im, shown.mode, shown.size
            self._place = frame

    def tell(self) -> int:
        """Which picture it is."""
        return self._place


def _listed() -> str:
    return f"{', '.join(MOVIE_ENDINGS[:-1])} or {MOVIE_ENDINGS[-1]}"
