"""The program's door: the window, or a command."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from desktop_app import __main__ as door


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    import desktop_app.cli.app
    import desktop_app.gui.app

    calls: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(desktop_app.cli.app, "run_command", lambda words: calls.append(("command", list(words))) or 3)
    monkeypatch.setattr(desktop_app.gui.app, "run_window", lambda words: calls.append(("window", list(words))) or 4)
    return calls


@pytest.mark.parametrize(
    ("arguments", "door_taken", "status"),
    [
        ([], "window", 4),
        (["a/demo.vwproj"], "window", 4),
        (["a/demo.vwproj/"], "window", 4),
        (["info", "a.tif"], "command", 3),
        (["--help"], "command", 3),
        (["train", "--dataset", "demo.vwproj"], "command", 3),
    ],
)
def test_which_door(
    monkeypatch: pytest.MonkeyPatch,
    opened: list[tuple[str, list[str]]],
    arguments: list[str],
    door_taken: str,
    status: int,
) -> None:
    monkeypatch.setattr(sys, "argv", ["voxelwright", *arguments])
    assert door.main() == status
    assert opened == [(door_taken, arguments)]


def test_a_file_that_is_there_goes_to_the_window(
    monkeypatch: pytest.MonkeyPatch, opened: list[tuple[str, list[str]]], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("cell.tif", "info"):
        (tmp_path / name).touch()
    for folder in ("images", "train"):
        (tmp_path / folder).mkdir()
    given = ("cell.tif", "info", "images", "images/", "train", "./train", str(tmp_path / "info"))
    for argument in given:
        monkeypatch.setattr(sys, "argv", ["voxelwright", argument])
        door.main()
    assert {words[0]: taken for taken, words in opened} == {
        argument: "command" if argument in ("info", "train") else "window" for argument in given
    }


@pytest.mark.parametrize("argument", ["cells.tif", "pictures/of cells", "cells/"])
def test_a_file_that_is_not_there_is_no_unknown_command(
    argument: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from desktop_app.cli.app import run_command

    monkeypatch.chdir(tmp_path)
    assert run_command([argument]) == 2
    assert f"There is no file or folder {argument}." in capsys.readouterr().err
    assert run_command(["trian"]) == 2
    assert "No such command" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variables", "platform", "expected"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ""}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"QT_QPA_PLATFORM": "offscreen"}, "linux", True),
        ({}, "win32", True),
        ({}, "darwin", True),
    ],
)
def test_a_display_is_known_by_its_variables(variables: dict[str, str], platform: str, expected: bool) -> None:
    from desktop_app.gui.app import display_present

    assert display_present(variables, platform) is expected


def test_without_a_display_the_window_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from desktop_app.gui import app

    monkeypatch.setattr(app, "display_present", lambda *_: False)
    assert app.run_window() == 2
    assert "There is no display" in capsys.readouterr().err
