"""Pictures as files, with a scale bar in them."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from desktop_app.core.errors import UserError
from desktop_app.core.imaging.scale_bar import ScaleBar
from desktop_app.io.atomic import write_bytes

PICTURE_ENDING = ".png"
"""Without loss, and every program opens it."""

# Shares of the longer edge of the picture, by eye: margin, height of the bar, height of the text.
_MARGIN, _BAR, _TEXT = 1 / 40, 1 / 160, 1 / 32
_LEAST_TEXT = 9  # px: smaller letters cannot be read


def with_scale_bar(picture: NDArray[np.uint8], bar: ScaleBar) -> NDArray[np.uint8]:
    """A copy of an RGB picture (height, width, 3) with a bar and its length in the lower left corner."""
    drawn = Image.fromarray(picture)
    pen, longest = ImageDraw.Draw(drawn), max(drawn.size)
    margin, thick = round(longest * _MARGIN), max(2, round(longest * _BAR))
    bottom = drawn.height - margin
    box = (margin, bottom - thick, margin + max(1, round(bar.pixels)) - 1, bottom)
    pen.rectangle((box[0] - 1, box[1] - 1, box[2] + 1, box[3] + 1), fill=(0, 0, 0))
    pen.rectangle(box, fill=(255, 255, 255))
    font = ImageFont.load_default(max(_LEAST_TEXT, longest * _TEXT))
    place = (margin, box[1] - thick)
    pen.text(place, bar.text, font=font, anchor="lb", fill=(255, 255, 255), stroke_width=1, stroke_fill=(0, 0, 0))
    return np.asarray(drawn)


def require_picture_ending(path: Path) -> None:
    """Raise a ``UserError`` where a file of that name cannot be a picture."""
    if path.suffix.lower() != PICTURE_ENDING:
        raise UserError(f"“{path.name}” is no file for a picture.", hint=f"Let its name end in {PICTURE_ENDING}.")


def write_picture(path: Path, picture: NDArray[np.uint8]) -> None:
    """Write an RGB picture (height, width, 3) as PNG.

    Raises:
        UserError: If the ending is another one, or the file cannot be written.
    """
    require_picture_ending(path)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="PNG")
    write_bytes(path, file.getvalue())
