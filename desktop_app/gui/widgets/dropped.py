"""What is dropped onto a window, or pasted: files, folders, or the web address of an image."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData

from desktop_app.io.images.web_links import is_address


def local_paths(mime: QMimeData) -> list[Path]:
    """Files and folders of this computer, in their order."""
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]


def web_address(mime: QMimeData) -> str:
    """A web address, as a browser gives it for a link or its address bar, or as plain text; "" where there is none."""
    said = [url.toString() for url in mime.urls() if not url.isLocalFile()]
    said += mime.text().strip().splitlines()[:1] if mime.hasText() else []
    return next((text for text in said if is_address(text)), "")
