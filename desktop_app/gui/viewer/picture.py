"""A picture of what the viewer shows."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage

from desktop_app.gui.viewer.viewer import ViewerWidget
from desktop_app.io.atomic import write_bytes

PNG = "PNG pictures (*.png)"


def picture_of(viewer: ViewerWidget) -> QImage:
    """What is seen: the picture of one plane, or all planes, with labels and scale bar, in pixels of the screen."""
    planes = viewer.grid.planes
    shown = viewer.grid if len(planes) > 1 else viewer.grid.views[planes[0]].canvas
    return shown.grab().toImage()


def save_picture(image: QImage, path: Path) -> None:
    """Write a picture as PNG.

    Raises:
        UnwritableFileError: If the disk refuses; an earlier file of that name stays then.
    """
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    write_bytes(path, bytes(content.data()))
