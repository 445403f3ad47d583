"""Write an image in another format."""

from __future__ import annotations

from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import AS_STATED, ImageReading, Times
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.shown_name import shown_name
from desktop_app.io.atomic import make_place
from desktop_app.io.images.registry import losses, open_volume, write_volume
from desktop_app.jobs.data.time_points import of_times, times_used
from desktop_app.jobs.data.watched import watched


def convert_image(
    source: Path, target: Path, ctx: JobContext, *, reading: ImageReading = AS_STATED, time: Times = None,
    flavour: str = "", pyramid: bool | None = None,
) -> Path:  # fmt: skip
    """Read ``source`` lazily and write its voxels, axes and voxel size to ``target``.

    Args:
        source: An image in any readable format.
        target: The file to write; its ending names the format.
        ctx: For progress and cancelling.
        reading: What the user said of the source.
        time: The time points of a movie to write, counted from 0; None: all.
        flavour: Another way to write the format, as ``0.5`` for OME-Zarr; "": the usual one.
        pyramid: Whether large images are written in smaller resolutions, too; None: where the format has them.

    Returns:
        ``target``.

    Raises:
        UserError: If the source cannot be read, or the target cannot be written.
    """
    if source.resolve() == target.resolve():
        raise UserError(f"{source.name} cannot be converted onto itself.", hint="Give another name for the result.")
    volume = open_volume(source, reading=reading)
    left_out, volume = times_used(volume, time), of_times(volume, time)
    message = f"Converting {shown_name(source)}"
    ctx.report(Progress(0, 1, message))
    ctx.raise_if_cancelled()
    for sentence in (*volume.notes, *left_out, *losses(target, volume)):
        ctx.report(Note("warning", f"{shown_name(source)}: {sentence}"))
    make_place(target)
    volume = watched(volume, ctx, message)
    write_volume(target, volume.source, volume, flavour=flavour, pyramid=pyramid)
    ctx.report(Progress(1, 1, f"Converted {shown_name(source)}"))
    return target
