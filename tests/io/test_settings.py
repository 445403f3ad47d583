"""Preferences survive, and a damaged file does not stop the program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_app.core.config.app_settings import AppSettings
from desktop_app.io.settings import cache_folder, load_settings, save_settings, settings_folder


def test_first_start() -> None:
    assert load_settings() == (AppSettings(), [])


def test_saved_settings_come_back() -> None:
    chosen = AppSettings(theme="dark", recent_projects=("/data/Zellen µ.vwproj",), shortcuts={"tool.brush": "B"})
    save_settings(chosen)
    assert load_settings() == (chosen, [])


@pytest.mark.parametrize("content", ["", "{", "[1]", "null", "\x00\x01"])
def test_damaged_file(own_folders: Path, content: str) -> None:
    (own_folders / "settings.json").write_text(content)
    assert load_settings() == (AppSettings(), ["settings.json"])


def test_bad_and_unknown_entries(own_folders: Path) -> None:
    saved = {"theme": "purple", "undo_memory_mb": 99, "from_the_future": 1}
    (own_folders / "settings.json").write_text(json.dumps(saved))
    assert load_settings() == (AppSettings(undo_memory_mb=99), ["theme"])


def test_folders(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings_folder() == own_folders
    assert cache_folder() == own_folders / "cache"
    monkeypatch.delenv("VOXELWRIGHT_HOME")
    assert settings_folder() != own_folders
    assert "voxelwright" in str(settings_folder()).lower()
    assert "voxelwright" in str(cache_folder()).lower()
