"""A small project on disk for tests of the window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtWidgets import QApplication

from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.notifications import RecordingNotifier
from desktop_app.gui.session import Session
from desktop_app.gui.theme import LIGHT, theme
from desktop_app.io.models import starters as starter_models
from desktop_app.io.projects import create_project


@pytest.fixture(autouse=True)
def plain_look() -> Iterator[None]:
    """Leaves no stylesheet behind for the next test, whose sizes it would change."""
    yield
    app = QApplication.instance()
    if isinstance(app, QApplication) and app.styleSheet():
        app.setStyleSheet("")
        theme().colors = LIGHT


@pytest.fixture(autouse=True)
def no_starters(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Only the models of the test are there, unless it asks for ``starters``."""
    if "starters" not in request.fixturenames:
        monkeypatch.setattr(starter_models, "STARTER_FOLDER", tmp_path / "no starters")


@pytest.fixture
def starters() -> tuple[Path, ...]:
    """The models that come with the program."""
    return tuple(starter_models.starter_paths())


@pytest.fixture
def image_folder(tmp_path: Path) -> Path:
    """Three small volumes."""
    folder = tmp_path / "images"
    folder.mkdir()
    for name, level in (("a", 10), ("b", 20), ("c", 30)):
        tifffile.imwrite(
            folder / f"{name}.tif", np.full((4, 20, 24), level, np.uint8), imagej=True, metadata={"axes": "ZYX"}
        )
    return folder


@pytest.fixture
def project_folder(tmp_path: Path, image_folder: Path) -> Path:
    """A closed project with these volumes."""
    opened = create_project(tmp_path / "cells.vwproj", "Cells")
    project = opened.project
    for path in sorted(image_folder.glob("*.tif")):
        project, _ = project.with_item(opened.relative(path), path.stem)
    opened.save(project)
    opened.close()
    return opened.folder


@pytest.fixture
def shell_session(qapp) -> Iterator[Session]:
    """A session that is closed at the end."""
    session = Session()
    yield session
    session.close_project()


@pytest.fixture
def shell_runner(qapp) -> Iterator[JobRunner]:
    """A runner whose jobs have ended at the end."""
    runner = JobRunner()
    yield runner
    runner.cancel_all()
    assert runner.wait_all(60)


@pytest.fixture
def said(qapp) -> RecordingNotifier:
    """What the user would have been told."""
    return RecordingNotifier()


@pytest.fixture
def runner(shell_runner: JobRunner) -> JobRunner:
    """The same, for parts of the window by themselves."""
    return shell_runner


@pytest.fixture
def notifier(said: RecordingNotifier) -> RecordingNotifier:
    """The same, for parts of the window by themselves."""
    return said
