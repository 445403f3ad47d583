"""Missing system libraries are found, installed where allowed, and else named with their command."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from tests.installer.conftest import INSTALLER  # isort: skip  # noqa: F401

import environment as environments
import failures
import qt_libraries

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux packages")


@pytest.fixture
def apt(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Debian with root rights, on which apt-get only notes what it was asked."""
    calls: list[list[str]] = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        calls.append(command)
        return SimpleNamespace(returncode=0, stdout="", stderr="")

    monkeypatch.setattr(qt_libraries.subprocess, "run", run)
    monkeypatch.setattr(qt_libraries, "_is_debian", lambda: True)
    monkeypatch.setattr(qt_libraries, "_is_root", lambda: True)
    return calls


def test_the_window_needs_more_than_the_commands() -> None:
    none = qt_libraries.missing(window=False, loads=lambda _: False)
    window = qt_libraries.missing(window=True, loads=lambda _: False)
    assert "libEGL.so.1" in none
    assert "libxcb-cursor.so.0" not in none
    assert window.items() > none.items()


def test_a_library_that_does_not_exist_does_not_load() -> None:
    assert not qt_libraries._loads("libthere-is-none.so.9")
    assert qt_libraries._loads("libc.so.6")


def test_nothing_is_installed_when_all_is_there(apt: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qt_libraries, "missing", lambda window: {})
    qt_libraries.ensure(window=True)
    assert apt == []


def test_root_on_debian_gets_the_libraries_after_an_update(
    apt: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [{"libEGL.so.1": "libegl1"}, {}]
    monkeypatch.setattr(qt_libraries, "missing", lambda window: answers.pop(0))
    qt_libraries.ensure(window=False)
    assert [command[2] for command in apt] == ["update", "install"]
    assert apt[1][-1] == "libegl1"


def test_others_are_told_the_one_command(apt: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qt_libraries, "_is_root", lambda: False)
    monkeypatch.setattr(qt_libraries, "missing", lambda window: {"libEGL.so.1": "libegl1", "libGL.so.1": "libgl1"})
    with pytest.raises(failures.SetupError, match="sudo sh -c 'apt-get update && apt-get install -y libegl1 libgl1'"):
        qt_libraries.ensure(window=False)
    assert apt == []


def test_fedora_is_told_by_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qt_libraries, "_is_debian", lambda: False)
    monkeypatch.setattr(qt_libraries.shutil, "which", lambda name: name == "dnf")
    monkeypatch.setattr(qt_libraries, "missing", lambda window: {"libEGL.so.1": "libegl1"})
    with pytest.raises(failures.SetupError, match=r"sudo dnf install 'libEGL\.so\.1\(\)\(64bit\)'"):
        qt_libraries.ensure(window=False)


def test_libraries_that_stay_missing_after_apt_are_told(apt: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qt_libraries, "missing", lambda window: {"libEGL.so.1": "libegl1"})
    with pytest.raises(failures.SetupError, match=r"libEGL\.so\.1"):
        qt_libraries.ensure(window=False)
    assert len(apt) == 2


@pytest.mark.parametrize("root", [True, False])
def test_python_without_venv_is_mended_or_told(monkeypatch: pytest.MonkeyPatch, tmp_path: object, root: bool) -> None:
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    made = [SimpleNamespace(returncode=1, stdout="", stderr="ensurepip is not available"), None]
    asked: list[tuple[str, ...]] = []

    def run(*_: object, **__: object) -> SimpleNamespace:
        return made.pop(0) or SimpleNamespace(returncode=0, stdout="", stderr="")

    monkeypatch.setattr(environments.subprocess, "run", run)
    monkeypatch.setattr(qt_libraries, "apt_install", lambda packages: asked.append(packages) or root)
    place = environments.Environment(tmp_path)  # type: ignore[arg-type]
    if root:
        environments._make(place)
        assert made == []
    else:
        with pytest.raises(failures.SetupError, match=package):
            environments._make(place)
    assert asked == [(package,)]
