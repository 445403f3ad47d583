"""The environment is made once, made whole, and made by one start at a time."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
import threading
from collections import namedtuple
from pathlib import Path

import pytest

from tests.installer.conftest import INSTALLER, pip_calls  # isort: skip

import environment as environments
import failures

BOTH = ("run", "test")


def _pip_will_answer(place: environments.Environment, text: str) -> None:
    (place.root / "answer.txt").write_text(text)


def test_first_start_installs_pins_then_the_project_itself(place: environments.Environment) -> None:
    environments.prepare(place, BOTH)
    packages, torch, project = pip_calls(place)
    assert "--no-deps --require-hashes -r" in packages
    assert "requirements.lock" in packages
    assert "requirements-torch.lock" in torch
    assert "requirements-dev.lock" in packages
    assert f"--no-deps --no-build-isolation -e {place.root}" in project
    assert environments.is_complete(place, BOTH)


def test_second_start_installs_nothing(place: environments.Environment) -> None:
    environments.prepare(place, BOTH)
    environments.prepare(place, BOTH)
    environments.prepare(place, ("run",))
    assert len(pip_calls(place)) == 3


def test_run_alone_does_not_count_as_ready_for_tests(place: environments.Environment) -> None:
    environments.prepare(place, ("run",))
    assert "requirements-dev.lock" not in pip_calls(place)[0]
    assert not environments.is_complete(place, BOTH)


@pytest.mark.parametrize(
    "changed", ["pyproject.toml", "installer/requirements.lock", "installer/requirements-torch.lock"]
)
def test_changed_pins_are_installed(place: environments.Environment, changed: str) -> None:
    environments.prepare(place, ("run",))
    (place.root / changed).write_text("other==2\n")
    environments.prepare(place, ("run",))
    assert len(pip_calls(place)) == 6


def test_interrupted_installation_is_finished_by_the_next_start(
    place: environments.Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    environments.prepare(place, ("run",))
    (place.root / "pyproject.toml").write_text("[project]\nname = 'new'\n")
    with monkeypatch.context() as patch:
        patch.setattr(environments, "_pip", interrupted)
        with pytest.raises(KeyboardInterrupt):
            environments.prepare(place, ("run",))
    assert not place.stamp.exists()
    environments.prepare(place, ("run",))
    assert environments.is_complete(place, ("run",))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"run": "0"}'])
def test_damaged_stamp_counts_as_nothing_installed(place: environments.Environment, content: str) -> None:
    environments.prepare(place, ("run",))
    place.stamp.write_text(content)
    assert not environments.is_complete(place, ("run",))


def test_vanished_python_counts_as_nothing_installed(place: environments.Environment) -> None:
    environments.prepare(place, ("run",))
    place.python.unlink()
    assert not environments.is_complete(place, ("run",))


def test_moved_folder_is_made_anew(place: environments.Environment, tmp_path: Path) -> None:
    environments.prepare(place, ("run",))
    moved = environments.Environment(tmp_path / "elsewhere")
    shutil.move(place.root, moved.root)
    assert not environments.is_complete(moved, ("run",))
    assert not environments._is_usable(moved)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("NewConnectionError('...: Temporary failure in name resolution')", "does not reach the package index"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "too full"),
        ("ERROR: ... [Errno 13] Permission denied: '/x'", "cannot be written"),
        ("ssl.SSLCertVerificationError: certificate verify failed", "secure connection was refused"),
        ("ERROR: No matching distribution found for torch==2.13.0", "torch==2.13.0 is not offered"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "damaged"),
        ("ERROR: something else", "ERROR: something else"),
    ],
)
def test_pip_failures_become_one_sentence(place: environments.Environment, answer: str, sentence: str) -> None:
    _pip_will_answer(place, answer)
    with pytest.raises(failures.SetupError, match=sentence):
        environments.prepare(place, ("run",))
    assert not place.stamp.exists()
    assert answer in place.log.read_text()


def test_full_disk_is_told_before_anything_is_downloaded(
    place: environments.Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")(10**12, 10**12, 10**8)
    monkeypatch.setattr(environments.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(failures.SetupError, match=r"needs up to \d GB and 0\.1 GB are free"):
        environments.prepare(place, ("run",))
    assert pip_calls(place) == []


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(errno.ENOSPC, "too full"), (errno.EACCES, "cannot be written"), (errno.EROFS, "cannot be written")],
)
def test_system_errors_become_one_sentence(
    place: environments.Environment, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    def fail(_: environments.Environment) -> None:
        raise OSError(number, "no")

    monkeypatch.setattr(environments, "_make", fail)
    with pytest.raises(failures.SetupError, match=sentence):
        environments.prepare(place, ("run",))


def test_lock_that_cannot_be_made_is_a_matter_of_rights(
    place: environments.Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_open = Path.open

    def refuse(self: Path, *words: object, **options: object) -> object:
        if self.name == ".venv.lock":
            raise PermissionError(errno.EACCES, "no", str(self))
        return really_open(self, *words, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(failures.SetupError, match="cannot be written"):
        environments.prepare(place, ("run",))


def test_second_start_waits_for_the_first(
    place: environments.Environment, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = threading.Event()
    monkeypatch.setattr(environments.time, "sleep", lambda _: waiting.set())
    with environments.only_one(place):
        second = threading.Thread(target=environments.prepare, args=(place, ("run",)))
        second.start()
        assert waiting.wait(20)
        assert pip_calls(place) == []
    second.join(20)
    assert len(pip_calls(place)) == 3
    assert "Another start is installing" in capsys.readouterr().out


def test_killed_start_leaves_no_lock_behind(place: environments.Environment) -> None:
    script = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); import environment, pathlib\n"
        "with environment.only_one(environment.Environment(pathlib.Path(sys.argv[2]))):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(INSTALLER), str(place.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline().strip() == "held"
        with (place.root / ".venv.lock").open("a+") as handle:
            assert not environments._try_lock(handle)
        other.kill()
        other.wait(20)
    with (place.root / ".venv.lock").open("a+") as handle:
        assert environments._try_lock(handle)
