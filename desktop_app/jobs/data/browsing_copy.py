"""Prepare an image for fast browsing: a copy in small pieces and several resolutions, used wherever it is opened."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from desktop_app.core.errors import UserError
from desktop_app.core.imaging import AS_STATED, ImageReading
from desktop_app.core.job import JobContext, Note, Progress
from desktop_app.core.shown_name import shown_name
from desktop_app.core.sizes import megabytes
from desktop_app.io.folder_lock import FolderLock
from desktop_app.io.images.browsing_copies import (
    begin_anew,
    copy_bytes,
    delete_copies_of,
    done_so_far,
    find_copy,
    finish_copy,
    make_room,
    note_so_far,
    unfinished_copy,
    worth_a_copy,
)
from desktop_app.io.images.registry import open_volume
from desktop_app.io.settings import load_settings


@dataclass(frozen=True, slots=True)
class CopyResult:
    """What became of it.

    Attributes:
        image: The image.
        copy: The folder of its copy.
        made: Whether it was made now; else it was there already.
    """

    image: Path
    copy: Path
    made: bool


def prepare_for_browsing(image: Path, ctx: JobContext, *, reading: ImageReading = AS_STATED) -> CopyResult:
    """Write the copy of an image; what an earlier, stopped or killed job has written is gone on with.

    Args:
        image: An image in any readable format that is not in small pieces already.
        ctx: For progress and cancelling. What is written stays, for the next time.
        reading: What the user said of the file.

    Raises:
        UserError: If the image cannot be read or is in pieces already, or there is no room.
    """
    there = find_copy(image, reading)
    if there is not None:
        ctx.report(Progress(1, 1, f"{shown_name(image)} has a copy already"))
        return CopyResult(image, there, made=False)
    volume = open_volume(image, reading=reading)
    name = shown_name(image)
    if not worth_a_copy(volume):
        raise UserError(f"{name} is in small pieces already; a copy would not be quicker to browse.")
    part = unfinished_copy(image, reading)
    _require_room(part, copy_bytes(volume), name)
    from desktop_app.io.images.ome_zarr_image import write_copy

    message = f"Preparing {name} for fast browsing"
    with FolderLock(part, partial(_busy, name)):
        begin = done_so_far(part)
        if begin:
            ctx.report(Note("info", f"{name}: going on where it was stopped."))
        else:
            begin_anew(part)

        def done(count: int, total: int) -> None:
            note_so_far(part, image, count)
            ctx.report(Progress(count, total, message))
            ctx.raise_if_cancelled()

        note_so_far(part, image, begin)
        ctx.report(Progress(begin, 0, message))
        ctx.raise_if_cancelled()
        write_copy(part, volume.source, volume, begin, done)
    copy = finish_copy(part, image)
    delete_copies_of(image, keep=[copy])
    return CopyResult(image, copy, made=True)


def _require_room(part: Path, needed: int, name: str) -> None:
    """There is room on the disk, and in what the user allows; older copies make way."""
    most = int(load_settings()[0].copies_disk_gb * 1e9)
    if not make_room(needed, most, keep=part):
        raise UserError(
            f"A copy of {name} may take {megabytes(needed)}, more than all copies may take ({megabytes(most)}).",
            hint="Allow more under Settings, “Disk for copies”.",
        )
    free = shutil.disk_usage(part).free
    if needed > free:
        raise UserError(
            f"A copy of {name} may take {megabytes(needed)}, and {megabytes(free)} are free where copies lie.",
            hint="Free some space, or choose another folder of copies in Settings.", details=str(part.parent),
        )  # fmt: skip


def _busy(name: str, holder: str, details: str) -> UserError:
    return UserError(
        f"A copy of {name} is being written already ({holder}).", hint="Wait until it is done.", details=details
    )
