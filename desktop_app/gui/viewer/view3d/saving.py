"""Keep what the 3D view shows: a picture, a movie of one turn, or the surfaces of objects."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtWidgets import QFileDialog

from desktop_app.core.errors import UserError
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.session import Session
from desktop_app.gui.viewer.view3d.view3d import View3D
from desktop_app.io.atomic import write_bytes
from desktop_app.io.labels.transfer import labels_volume
from desktop_app.io.meshes import SURFACE_ENDINGS
from desktop_app.io.movies import MOVIE_ENDINGS
from desktop_app.jobs.objects.surfaces import SurfacesConfig, surfaces_of_open
from desktop_app.jobs.objects.turn_movie import TurnConfig, Turned, turn_open

STILL = ".png"  # what a screen shows is kept without loss
_FILTERS = ";;".join(
    (
        "Picture as it is seen (*.png)",
        f"Movie of one turn ({' '.join(f'*{ending}' for ending in MOVIE_ENDINGS)})",
        f"Surfaces of all objects ({' '.join(f'*{ending}' for ending in SURFACE_ENDINGS)})",
    )
)


def save_view(view: View3D, session: Session, runner: JobRunner, channel: int) -> None:
    """Ask for a file name and write it; movies and surfaces are jobs.

    Raises:
        UserError: If a picture cannot be written, or there is nothing to write.
    """
    volume = session.volume
    if volume is None:
        return
    start = str((volume.path or Path(volume.name)).with_suffix(STILL))
    name, kind = QFileDialog.getSaveFileName(view, "Save picture, movie or surfaces", start, _FILTERS)
    if not name:
        return
    path = Path(name)
    if kind.startswith("Surfaces") or path.suffix.lower() in SURFACE_ENDINGS:
        known = path.suffix.lower() in SURFACE_ENDINGS
        save_surfaces(path if known else path.with_suffix(SURFACE_ENDINGS[0]), session, runner)
        return
    if kind.startswith("Movie") and path.suffix.lower() in ("", STILL):
        path = path.with_suffix(MOVIE_ENDINGS[0])
    if path.suffix.lower() in (STILL, ""):
        save_picture(view, path.with_suffix(STILL))
    else:
        save_movie(path, session, runner, channel, as_cloud=view.cloud[1].isChecked())


def save_picture(view: View3D, path: Path) -> None:
    """Write what is seen as PNG.

    Raises:
        UserError: If the file cannot be written.
    """
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    view.seen().save(buffer, "PNG")  # type: ignore[call-overload]
    write_bytes(path, bytes(buffer.data().data()))


def save_surfaces(path: Path, session: Session, runner: JobRunner) -> None:
    """Start the job that writes the surfaces of all objects of the open labels.

    Raises:
        UserError: If no labels are open.
    """
    volume, labels = session.volume, session.labels
    if volume is None or labels is None:
        raise UserError("There are no labels whose surfaces could be saved.", hint="Open or make labels first.")
    opened = labels_volume(labels.labels, volume)
    config = SurfacesConfig(Path(), path)
    runner.start(f"Surfaces of {volume.name}", partial(surfaces_of_open, config, opened))


def save_movie(path: Path, session: Session, runner: JobRunner, channel: int, *, as_cloud: bool = False) -> None:
    """Start the job that writes a movie of the open image and its labels."""
    volume, labels = session.volume, session.labels
    if volume is None:
        return
    voxel = volume.voxel_size.zyx if volume.voxel_size.known else (1.0, 1.0, 1.0)
    turned = Turned(volume.shape, voxel, None if labels is None else labels.labels.read, volume)
    config = TurnConfig(path, channel=channel + 1, memory_mb=session.settings.view3d_memory_mb, as_cloud=as_cloud)
    runner.start(f"Movie of {volume.name}", partial(turn_open, config, turned))
