"""Every page, wizard and dialog fits on the screens of small and of finely scaled laptops."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea, QWidget

from tests.app.fits.checks import problems

pytestmark = pytest.mark.app
ROOT = Path(__file__).resolve().parents[3]
FEWEST_PAGES = 60  # fewer would mean that the walk has ended early
OFF_CENTER = 12  # px: half of what Qt takes for the frame of a window that has none yet


def walk(folder: Path, scale: str, *screens: tuple[int, int]) -> list[dict[str, Any]]:
    """What a walk on screens of these sizes (physical pixels, side by side) finds, page by page."""
    left, described = 0, []
    for number, (width, height) in enumerate(screens):
        place = {"name": f"screen {number}", "x": left, "y": 0, "width": width, "height": height}
        described.append({**place, "logicalDpi": 96, "logicalBaseDpi": 96, "dpr": 1})
        left += width
    file = folder / "screens.json"
    file.write_text(json.dumps({"screens": described}))
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": f"offscreen:configfile={file}",
        "QT_SCALE_FACTOR": scale,
        "VOXELWRIGHT_HOME": str(folder / "home"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.app.fits.walk"],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280, check=False,
    )  # fmt: skip
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr[-4000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("size", "scale"),
    [((1024, 640), "1"), ((1366, 768), "1.25"), ((1366, 768), "1.5"), ((1366, 768), "2"), ((1920, 1080), "1")],
)
def test_everything_can_be_seen_and_reached(tmp_path: Path, size: tuple[int, int], scale: str) -> None:
    pages = walk(tmp_path, scale, size)
    assert len(pages) > FEWEST_PAGES
    assert {page["page"]: page["problems"] for page in pages if page["problems"]} == {}


def test_windows_open_over_the_middle_of_their_parent_on_its_screen(tmp_path: Path) -> None:
    pages = walk(tmp_path, "1", (1024, 768), (1600, 1000))
    assert len(pages) > FEWEST_PAGES
    assert {page["page"] for page in pages if page["on_screen"] != "screen 1"} == set()
    assert {page["page"]: page["off_center"] for page in pages if max(page["off_center"]) > OFF_CENTER} == {}


@pytest.fixture
def room(qtbot) -> QWidget:
    window = QWidget()
    window.resize(200, 100)
    qtbot.addWidget(window)
    return window


def shown(window: QWidget, widget: QWidget, place: QRect) -> list[str]:
    widget.setParent(window)
    widget.setGeometry(place)
    window.show()
    return problems(window)


def test_a_button_outside_is_found(room) -> None:
    assert "cut off" in shown(room, QPushButton("Go"), QRect(150, 10, 80, 30))[0]


def test_a_button_too_narrow_for_its_words_is_found(room) -> None:
    assert "its text needs" in shown(room, QPushButton("Run on many images"), QRect(10, 10, 60, 30))[0]


def test_a_sentence_too_low_for_its_lines_is_found(room) -> None:
    label = QLabel("A sentence that needs more lines than it gets in so narrow a place")
    label.setWordWrap(True)
    assert "its text needs" in shown(room, label, QRect(10, 10, 80, 16))[0]


def test_what_fits_is_not_found(room) -> None:
    assert shown(room, QPushButton("Go"), QRect(10, 10, 90, 40)) == []


@pytest.mark.parametrize(("policy_off", "found"), [(False, 0), (True, 1)])
def test_what_can_be_scrolled_into_view_is_reached(room, policy_off, found) -> None:
    area, inside = QScrollArea(room), QWidget()
    inside.setFixedSize(400, 60)
    button = QPushButton("Go", inside)
    button.setGeometry(300, 5, 90, 40)
    area.setWidget(inside)
    area.setGeometry(0, 0, 200, 100)
    if policy_off:
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    room.show()
    assert len(problems(room)) == found
