"""PNG and JPEG pictures: small 2D images, read at once."""

from __future__ import annotations

import struct
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from desktop_app.core.errors import UnreadableFileError
from desktop_app.core.imaging import AS_STATED, ArraySource, ImageReading, Volume
from desktop_app.io.images.axes import OPACITY_LEFT_OUT
from desktop_app.io.images.image_format import ImageFormat, Keeps, signatures

if TYPE_CHECKING:
    from PIL import Image

_DAMAGE = (OSError, ValueError, SyntaxError, struct.error, RuntimeError)
_BIT_DEPTH_AT = 24  # byte of the header of a PNG file


def open_picture(path: Path, cache_bytes: int = 0, reading: ImageReading = AS_STATED) -> Volume:
    """A grey (Y, X) or colour (Y, X, 3) picture; opacity is left out, palettes of grey label pictures keep their index.

    Args:
        path: The file.
        cache_bytes: Not needed here: pictures are small and read at once.
        reading: Not needed here: pictures have rows, columns and perhaps colours, and say so.

    Raises:
        UnreadableFileError: If the file is cut off or no picture.
    """
    from PIL import Image  # with the first picture: the table of formats is read with any image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                array, opacity = _array(picture, path), picture.has_transparency_data
    except Image.DecompressionBombError as error:
        raise UnreadableFileError(
            path, "the picture is too large for this format.", hint="Save it as TIFF.", details=repr(error)
        ) from error
    except _DAMAGE as error:
        raise UnreadableFileError(
            path,
            "the picture is cut off or damaged.",
            hint="Copy it again from where it came from.",
            details=repr(error),
        ) from error
    rgb = array.ndim == 3
    full = np.moveaxis(array, -1, 0)[:, None] if rgb else array[None, None]
    axes, notes = "YXS" if rgb else "YX", (OPACITY_LEFT_OUT,) if opacity else ()
    source = ArraySource(np.ascontiguousarray(full))
    return Volume(source, name=path.stem, path=path, axes=axes, rgb=rgb, notes=notes)


def _array(picture: Image.Image, path: Path) -> NDArray[Any]:
    """(Y, X) or (Y, X, 3), uint8 or uint16."""
    if picture.format == "PNG" and path.read_bytes()[_BIT_DEPTH_AT] == 16:  # bits a value
        return _deep(path)
    if picture.mode in ("1", "L", "P"):
        return np.asarray(picture.convert("L") if picture.mode == "1" else picture, dtype=np.uint8)
    if picture.mode.startswith("I"):
        values = np.asarray(picture)
        return values.astype(np.uint16) if values.min() >= 0 and values.max() < 2**16 else values.astype(np.int32)
    if picture.mode == "LA":
        return np.asarray(picture.convert("L"), dtype=np.uint8)
    return np.asarray(picture.convert("RGB"), dtype=np.uint8)


def _deep(path: Path) -> NDArray[np.uint16]:
    """A PNG of 16 bits, which Pillow would cut to 8 where it is a colour picture."""
    import imagecodecs

    values: NDArray[np.uint16] = imagecodecs.png_decode(path.read_bytes())
    if values.ndim == 3:
        return values[..., :3] if values.shape[-1] > 2 else values[..., 0]
    return values


PICTURES = ImageFormat(
    name="pictures",
    title="PNG and JPEG",
    kind="PNG or JPEG picture",
    endings=(".png", ".jpg", ".jpeg"),
    open=open_picture,
    sniff=signatures({b"\x89PNG": "a PNG picture", b"\xff\xd8\xff": "a JPEG picture"}),
    label_endings=(".png",),
    keeps=Keeps(axes="CYX", dtypes=("uint8", "uint16"), voxel_size=False),
)
