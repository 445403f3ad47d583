"""Where preferences live on this computer, and their file."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from desktop_app.core.config.app_settings import AppSettings, tolerant_settings
from desktop_app.io.atomic import make_folder, remove_abandoned, write_text
from desktop_app.io.json_files import read_json

_FILE = "settings.json"


def settings_folder() -> Path:
    """The user's folder for Voxelwright; the environment variable ``VOXELWRIGHT_HOME`` names another one."""
    chosen = os.environ.get("VOXELWRIGHT_HOME")
    return Path(chosen) if chosen else Path(platformdirs.user_config_dir("voxelwright", appauthor=False))


def data_folder() -> Path:
    """The user's folder for parts of the program that were fetched, and for copies of earlier settings."""
    chosen = os.environ.get("VOXELWRIGHT_HOME")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("voxelwright", appauthor=False))


def cache_folder() -> Path:
    """The user's folder for files that can be made again."""
    chosen = os.environ.get("VOXELWRIGHT_HOME")
    return Path(chosen, "cache") if chosen else Path(platformdirs.user_cache_dir("voxelwright", appauthor=False))


def copies_folder() -> Path:
    """Where copies of images for fast browsing lie; the user may choose it in Settings."""
    chosen = load_settings()[0].copies_folder
    return Path(chosen).expanduser() if chosen else cache_folder() / "copies"


def log_folder() -> Path:
    """Where the program writes down what it does."""
    chosen = os.environ.get("VOXELWRIGHT_HOME")
    return Path(chosen, "logs") if chosen else Path(platformdirs.user_log_dir("voxelwright", appauthor=False))


def load_settings() -> tuple[AppSettings, list[str]]:
    """The preferences, and the names of entries that could not be used and fell back to their defaults.

    A damaged file counts as one bad entry named after the file. Never raises.
    """
    path = settings_folder() / _FILE
    try:
        data = read_json(path)
    except FileNotFoundError:
        return AppSettings(), []
    except (OSError, ValueError):
        return AppSettings(), [_FILE]
    if not isinstance(data, dict):
        return AppSettings(), [_FILE]
    return tolerant_settings(data)


def save_settings(settings: AppSettings) -> None:
    """Write the preferences.

    Raises:
        UnwritableFileError: If the folder cannot be written.
    """
    make_folder(settings_folder())
    remove_abandoned(settings_folder())
    write_text(settings_folder() / _FILE, settings.model_dump_json(indent=2) + "\n")
