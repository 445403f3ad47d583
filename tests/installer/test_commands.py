"""What the commands start, and what they say when they cannot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.installer.conftest import INSTALLER  # isort: skip

import bootstrap
import commands
import environment as environments
import failures
import qt_libraries


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that would have become the program; nothing is installed and all libraries are there."""
    seen: list[list[str]] = []
    monkeypatch.setattr(environments, "prepare", lambda *_: None)
    monkeypatch.setattr(qt_libraries, "missing", lambda window: {})
    monkeypatch.setattr(commands, "hand_over", lambda _, command: seen.append(command[1:]) or 0)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return seen


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
def test_run_without_a_display_says_so_and_runs_the_demo(
    started: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.run(["run"]) == 0
    assert started == [["-m", "desktop_app", "demo", "--out", "./voxelwright-demo"]]
    assert "There is no display" in capsys.readouterr().out


@pytest.mark.parametrize("variable", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_run_with_a_display_opens_the_window(
    started: list[list[str]], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, ":0")
    assert commands.run(["run"]) == 0
    assert started == [["-m", "desktop_app"]]


def test_arguments_after_two_dashes_go_to_the_program(started: list[list[str]]) -> None:
    assert commands.run(["run", "--", "info", "a.tif", "--json"]) == 0
    assert started == [["-m", "desktop_app", "info", "a.tif", "--json"]]


def test_fuzz_asks_for_many_new_examples_of_those_tests_alone(
    started: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[tuple[list[str], str]] = []

    def run(command: list[str], env: dict[str, str], **_: object) -> SimpleNamespace:
        ran.append((command[1:], env["VOXELWRIGHT_EXAMPLES"]))
        return SimpleNamespace(returncode=1)

    monkeypatch.setattr(commands.subprocess, "run", run)
    assert commands.run(["fuzz", "--", "tests/io"]) == 1
    assert ran == [(["-m", "pytest", "-m", "hypothesis", "tests/io"], "fuzz")]


def test_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        commands.run(["rum"])
    assert "rum" in capsys.readouterr().err


def test_problem_is_one_sentence_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise failures.SetupError(failures.NO_NETWORK)

    monkeypatch.setattr(environments, "prepare", fail)
    assert commands.run(["run"]) == 2
    assert capsys.readouterr().err == f"Error: {failures.NO_NETWORK}\n"


def test_ctrl_c_is_status_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(environments, "prepare", stop)
    assert commands.run(["setup"]) == 130
    assert "Stopped" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("failing", "status"), [(None, 0), ("mypy", 1), ("lint-imports", 1), ("python", 5), ("ruff", 1)]
)
def test_tests_run_even_if_a_check_fails_and_come_last(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, started: list[list[str]], failing: str | None, status: int
) -> None:
    ran: list[str] = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        name = Path(command[0]).name
        ran.append(name)
        return SimpleNamespace(returncode=(5 if name == "python" else 1) if name == failing else 0)

    monkeypatch.setattr(commands.subprocess, "run", run)
    monkeypatch.setattr(environments.Environment, "python", tmp_path / "python")
    assert commands.run(["test"]) == status
    assert ran == ["ruff", "mypy", "lint-imports", "python"]


@pytest.mark.parametrize("version", [(3, 8), (3, 10), (3, 14), (2, 7)])
def test_other_pythons_are_refused_by_name(monkeypatch: pytest.MonkeyPatch, version: tuple[int, int]) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _: None)
    problem = bootstrap.python_problem((*version, 0))
    assert problem is not None
    assert f"this is Python {version[0]}.{version[1]}" in problem


def test_a_fitting_python_nearby_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: name == "python3.12")
    assert "python3.12 installer/bootstrap.py run" in (bootstrap.python_problem((3, 9, 1)) or "")


@pytest.mark.parametrize("minor", [11, 12, 13])
def test_supported_pythons_pass(minor: int) -> None:
    assert bootstrap.python_problem((3, minor, 4)) is None


def test_wrong_python_is_told_before_anything_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 2, "final", 0))
    assert bootstrap.main(["run"]) == 2
    assert "this is Python 3.9" in capsys.readouterr().err


def test_bootstrap_needs_nothing_but_the_standard_library() -> None:
    script = "import sys; sys.path.insert(0, sys.argv[1]); import bootstrap, commands"
    command = [sys.executable, "-I", "-S", "-c", script, str(INSTALLER)]
    subprocess.run(command, check=True, timeout=60)


def test_help_names_every_command() -> None:
    command = [sys.executable, str(INSTALLER / "bootstrap.py"), "--help"]
    text = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    assert all(word in text for word in ("run", "test", "setup", "check"))
