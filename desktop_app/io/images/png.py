"""Pictures written as PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from desktop_app.io.atomic import atomic_path


def write_png(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write a picture (Y, X) or (Y, X, 3) uint8.

    Raises:
        UnwritableFileError: If the disk refuses.
    """
    with atomic_path(path) as temporary:
        Image.fromarray(picture).save(temporary, format="PNG")
