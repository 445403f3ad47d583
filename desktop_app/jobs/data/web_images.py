"""Reach images at web addresses, before anybody waits for them."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.imaging import Region
from desktop_app.core.job import JobContext, Progress
from desktop_app.io.images.registry import open_volume
from desktop_app.io.images.web_links import address_of, write_link
from desktop_app.io.web import host_of


def reach_image(path: Path, ctx: JobContext) -> Path:
    """Ask for the description of an image and for a corner of it; the description is at hand for some minutes then.

    Args:
        path: The file that names its address.
        ctx: For progress and cancelling.

    Returns:
        ``path``.

    Raises:
        UserError: If the server cannot be reached, or there is no image.
    """
    ctx.report(Progress(0, 1, f"Asking {host_of(address_of(path))}"))
    ctx.raise_if_cancelled()
    volume = open_volume(path)
    ctx.raise_if_cancelled()
    z, y, x = (n // 2 for n in volume.shape)
    volume.read(Region((z, y, x), (z + 1, y + 1, x + 1)))
    ctx.report(Progress(1, 1))
    return path


def add_web_image(folder: Path, address: str, ctx: JobContext) -> Path:
    """Write a file that stands for the image at an address, if there is one.

    Args:
        folder: Where the file is to lie.
        address: Of an OME-Zarr image.
        ctx: For progress and cancelling.

    Returns:
        The file.

    Raises:
        UserError: If the text is no address, the server cannot be reached, or there is no image.
    """
    before = set(folder.glob("*")) if folder.is_dir() else set()
    path = write_link(folder, address)
    try:
        return reach_image(path, ctx)
    except BaseException:
        if path not in before:
            path.unlink(missing_ok=True)
        raise
