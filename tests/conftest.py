"""What every test may use, and what keeps tests away from the user's own files and screen."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MKL_NUM_THREADS", "1")

from collections.abc import Callable
from typing import Any

import hypothesis
import pytest
from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

ROOT = Path(__file__).resolve().parent.parent
FONT = ROOT / "tests" / "fonts" / "VoxelwrightTestSans.ttf"
FONT_POINTS = 9  # what Qt takes on a bare Linux screen
PATIENCE_MS = 60_000  # for what must come; with ten programs on two cores importing torch took over 20 s
# A slow machine is no fault of an example, and files of one example are written over by the next.
SUPPRESSED = [hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture]

# The same examples on every machine and in every run; `bootstrap.py fuzz` looks for new ones.
hypothesis.settings.register_profile(
    "repeatable", derandomize=True, max_examples=50, deadline=None, database=None, suppress_health_check=SUPPRESSED
)
hypothesis.settings.register_profile(
    "fuzz", max_examples=2000, deadline=None, print_blob=True, suppress_health_check=SUPPRESSED
)
hypothesis.settings.load_profile(os.environ.get("VOXELWRIGHT_EXAMPLES", "repeatable"))


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, caches and recent files of this test alone, in an empty folder."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("VOXELWRIGHT_HOME", str(home))
    for name in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(home / name.lower()))
    return home


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """The folder of real images beside the checkout; tests that want it are skipped where it is absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("needs the folder of real images, which is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def qapp(qapp: QApplication) -> QApplication:
    """The application, with a font that the tests bring: the machine's fonts, or their absence, change no size."""
    number = QFontDatabase.addApplicationFont(str(FONT))
    family, *_ = QFontDatabase.applicationFontFamilies(number)
    qapp.setFont(QFont(family, FONT_POINTS))
    return qapp


class PatientBot(QtBot):
    """A ``QtBot`` whose waits for what must come end late, so that no test fails because the machine is busy."""

    def waitUntil(self, callback: Callable[[], Any], *, timeout: int = PATIENCE_MS) -> None:
        super().waitUntil(callback, timeout=max(timeout, PATIENCE_MS))

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE_MS, raising: bool | None = None, **more: Any) -> Any:
        patience = timeout if raising is False else max(timeout, PATIENCE_MS)
        return super().waitSignal(signal, timeout=patience, raising=raising, **more)

    def waitSignals(self, signals: Any, *, timeout: int = PATIENCE_MS, raising: bool | None = None, **more: Any) -> Any:
        patience = timeout if raising is False else max(timeout, PATIENCE_MS)
        return super().waitSignals(signals, timeout=patience, raising=raising, **more)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """Clicks, keys and waits in a window."""
    return PatientBot(request)
