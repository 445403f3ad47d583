"""Walks through every page on screens of given sizes and tells what does not fit, one JSON line a page."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication

from desktop_app.gui.app import make_application
from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.main_window import MainWindow
from desktop_app.gui.notifications import Notifier
from desktop_app.gui.session import Session
from tests.app.fits.checks import problems
from tests.app.fits.pages import all_pages, settle
from tests.conftest import FONT, FONT_POINTS

FRAME = 4  # px that a system draws around a window


def main(pictures: Path | None) -> None:
    """Walk on the last of the screens, with a picture of each page into a folder if one is named."""
    app = make_application()
    family, *_ = QFontDatabase.applicationFontFamilies(QFontDatabase.addApplicationFont(str(FONT)))
    app.setFont(QFont(family, FONT_POINTS))
    window = MainWindow(Session(), JobRunner(), Notifier())
    screen = QGuiApplication.screens()[-1].availableGeometry()
    window.move(screen.topLeft())
    window.show()
    window.setGeometry(screen.adjusted(FRAME, FRAME, -FRAME, -FRAME))
    settle()
    with tempfile.TemporaryDirectory() as folder:
        for name, page in all_pages(window, Path(folder)):
            if pictures is not None:
                page.grab().save(str(pictures / f"{name.replace(' ', '_')}.png"))
            apart = page.frameGeometry().center() - window.frameGeometry().center()
            found = {
                "page": name,
                "problems": problems(page),
                "on_screen": page.screen().name(),
                "off_center": [abs(apart.x()), abs(apart.y())],
            }
            sys.stdout.write(json.dumps(found) + "\n")
        window.runner.cancel_all()
        window.runner.wait_all(60)
        window.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
