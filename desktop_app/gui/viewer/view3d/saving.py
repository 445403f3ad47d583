"""Keep what the 3D view shows: a picture, or a movie of one turn."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtWidgets import QFileDialog

from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.view3d.view3d import View3D
from desktop_app.io.atomic import write_bytes
from desktop_app.jobs.objects.turn_movie import TurnConfig, Turned, turn_open

STILL = ".png"  # what a screen shows is kept without loss
_FILTERS = "Picture as it is seen (*.png);;Movie of one turn (*.gif *.webp)"


def ask_and_save(view: View3D, session: Session, runner: JobRunner, channel: int) -> None:
    """Ask for a file name and write it; a movie is a job.

    Raises:
        UserError: If a picture cannot be written.
    """
    volume = session.volume
    if volume is None:
        return
    start = str((volume.path or Path(volume.name)).with_suffix(STILL))
    name, kind = QFileDialog.getSaveFileName(view, "Save picture or movie", start, _FILTERS)
    if not name:
        return
    path = Path(name)
    if kind.startswith("Movie") and path.suffix.lower() in ("", STILL):
        path = path.with_suffix(".gif")
    if path.suffix.lower() in (STILL, ""):
        save_picture(view, path.with_suffix(STILL))
    else:
        save_movie(path, session, runner, channel)


def save_picture(view: View3D, path: Path) -> None:
    """Write what is seen as PNG.

    Raises:
        UserError: If the file cannot be written.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    view.seen().save(buffer, "PNG")  # type: ignore[call-overload]
    write_bytes(path, bytes(buffer.data().data()))


def save_movie(path: Path, session: Session, runner: JobRunner, channel: int) -> None:
    """Start the job that writes a movie of the open image and its labels."""
    volume, labels = session.volume, session.labels
    if volume is None:
        return
    voxel = volume.voxel_size.zyx if volume.voxel_size.known else (1.0, 1.0, 1.0)
    turned = Turned(volume.shape, voxel, None if labels is None else labels.labels.read, volume)
    config = TurnConfig(path, channel=channel + 1, memory_mb=session.settings.view3d_memory_mb)
    runner.start(f"Movie of {volume.name}", partial(turn_open, config, turned))
