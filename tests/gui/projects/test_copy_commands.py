from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from desktop_app.gui.jobs import JobRunner
from desktop_app.gui.notifications.recording import RecordingNotifier
from desktop_app.gui.projects import copy_commands
from desktop_app.gui.projects.copy_commands import CopyCommands
from desktop_app.gui.session import Session
from desktop_app.gui.window_context import WindowContext
from desktop_app.io.images.browsing_copies import list_copies
from desktop_app.io.images.ome_zarr import ZarrVoxels
from desktop_app.io.projects import create_project


@pytest.fixture
def session(qapp: Any, tmp_path: Path):
    path = tmp_path / "scan.tif"
    tifffile.imwrite(path, np.random.default_rng(0).integers(0, 255, (20, 90, 80), np.uint8), compression="zlib")
    session = Session()
    session.adopt(create_project(tmp_path, "p"))
    project, item = session.project.with_item(session.open_project.relative(path), "scan")
    session.update_project(project)
    session.select_item(item.id)
    yield session
    session.close_project()


@pytest.fixture
def commands(session: Session, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(copy_commands, "_WORTH_OFFERING", 1000)
    runner = JobRunner()
    made = CopyCommands(WindowContext(session, runner, RecordingNotifier()))
    yield made
    runner.wait_all(10)


def offered(commands: CopyCommands) -> bool:
    return not commands.bar.isHidden()


def test_a_copy_is_offered_once_with_sizes_where_a_slice_is_slow(commands: CopyCommands) -> None:
    assert not offered(commands)
    commands.on_slow(1.25)
    assert offered(commands)
    text = commands.bar.banner.text()
    assert text.startswith("“scan” takes 1.2 s for a slice. A copy for fast browsing takes up to 0.2 MB (")
    commands.bar.no.click()
    assert not offered(commands)
    commands.on_slow(3)
    assert not offered(commands)
    assert commands._session.settings.copies_declined == (str(commands._session.volume.path.absolute()),)


def test_taken_up_the_copy_is_made_and_shown(commands: CopyCommands, qtbot: Any) -> None:
    session = commands._session
    before = session.volume.read()
    commands.on_slow(1)
    commands.bar.yes.click()
    qtbot.waitUntil(lambda: isinstance(session.volume.source, ZarrVoxels))
    np.testing.assert_array_equal(session.volume.read(), before)
    assert len(list_copies()) == 1
    commands.on_slow(1)
    assert not offered(commands)
    commands.ask(session.item)  # asks whether to delete it; the answer is yes
    assert list_copies() == []
    assert not isinstance(session.volume.source, ZarrVoxels)
    np.testing.assert_array_equal(session.volume.read(), before)


def test_an_image_larger_than_memory_is_offered_a_copy_when_it_is_opened(
    commands: CopyCommands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy_commands.psutil, "virtual_memory", _memory(50_000))
    commands._session.volume_changed.emit(commands._session.volume)
    assert "larger than the memory" in commands.bar.banner.text()


def _memory(total: int) -> Callable[[], Any]:
    class Memory:
        pass

    Memory.total = total
    return Memory
