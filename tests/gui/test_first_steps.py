"""What happens once the window stands."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from desktop_app.core.config.app_settings import AppSettings
from desktop_app.gui.first_steps import first_steps, get_tools_ready, named_files, open_files
from tests.built_layers import installed


class _Window:
    """Remembers what is asked of it."""

    def __init__(self, settings: AppSettings | None = None, *, shown: bool = True) -> None:
        self.asked: list[tuple[str, object]] = []
        self.commands = SimpleNamespace(open_folder=self._noted("project"), open_images=self._noted("images"))
        self.windows = SimpleNamespace(models=SimpleNamespace(open_model=self._noted("model")))
        self.notifier = SimpleNamespace(warning=self._noted("warning"))
        self.program = SimpleNamespace(welcome=lambda _: self.asked.append(("welcome", None)))
        self.session = SimpleNamespace(settings=settings or AppSettings())
        self.runner = SimpleNamespace(start=lambda title, _job, lane: self.asked.append((title, lane)))
        self.isVisible = lambda: shown

    def _noted(self, kind: str):
        return lambda value: self.asked.append((kind, value))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["a.vwproj"], ("project", Path("a.vwproj"))),
        (["a.vwproj/project.json"], ("project", Path("a.vwproj"))),
        (["a.vwproj/Open this project.vwproj"], ("project", Path("a.vwproj"))),
        (["m.vwmodel"], ("model", Path("m.vwmodel"))),
        (["--flag", "a.tif"], ("images", [Path("a.tif")])),
    ],
)
def test_files_are_opened_by_what_they_are(given: list[str], expected: tuple[str, object]) -> None:
    window = _Window()
    open_files(window, named_files(given))
    assert window.asked == [expected]


def test_newcomers_are_welcomed_once() -> None:
    window = _Window()
    first_steps(window, [])
    assert window.asked == [("welcome", None)]
    again = _Window(AppSettings(welcomed=True))
    first_steps(again, [])
    assert again.asked == []


def test_what_the_launcher_found_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import json
    import os

    installed(tmp_path, monkeypatch)
    facts = json.loads(os.environ["VOXELWRIGHT_LAYERS"]) | {"notes": ["GPU support is not used: no driver."]}
    monkeypatch.setenv("VOXELWRIGHT_LAYERS", json.dumps(facts))
    window = _Window(AppSettings(welcomed=True))
    first_steps(window, [])
    assert window.asked == [("warning", "GPU support is not used: no driver.")]


def test_tools_are_made_ready_unless_the_window_is_closed_already() -> None:
    window, closed = _Window(), _Window(shown=False)
    get_tools_ready(window)
    get_tools_ready(closed)
    assert window.asked == [("Get the tools ready", "preview")]
    assert closed.asked == []
