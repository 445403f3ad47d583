"""The folder .venv: made, filled with the pinned packages, and known to be whole by a stamp."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import failures
import qt_libraries

MINIMUM_GB = 3.0  # with a torch for processors alone
NEEDED_GB = 8.0 if sys.platform == "linux" else 4.0  # on Linux torch usually brings its libraries for GPUs
UPDATE_GB = 1.0
LOCKS = {"run": "requirements.lock", "test": "requirements-dev.lock"}
TORCH_LOCK = "requirements-torch.lock"
"""Installed behind the others, without hashes; the file says why."""
STAMP_VERSION = 1


@dataclass(frozen=True)
class Environment:
    """Where the project is and where its packages go.

    Attributes:
        root: The project's folder, which holds pyproject.toml.
    """

    root: Path

    @property
    def folder(self) -> Path:
        """The virtual environment."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The environment's Python."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def stamp(self) -> Path:
        """The file that says what is installed completely."""
        return self.folder / "voxelwright-stamp.json"

    @property
    def log(self) -> Path:
        """What pip wrote last."""
        return self.folder / "install.log"

    def lock_file(self, part: str) -> Path:
        """The pinned packages of one part, `run` or `test`."""
        return self.root / "installer" / LOCKS[part]

    @property
    def torch_lock(self) -> Path:
        """The pinned PyTorch."""
        return self.root / "installer" / TORCH_LOCK


def fingerprint(environment: Environment, part: str) -> str:
    """Hash all that decides what has to be installed for one part."""
    digest = hashlib.sha256()
    for file in (environment.lock_file(part), environment.torch_lock, environment.root / "pyproject.toml"):
        digest.update(file.read_bytes())
    facts = (STAMP_VERSION, sys.version_info[:2], sys.platform, str(environment.root))
    digest.update(repr(facts).encode())
    return digest.hexdigest()


def installed_parts(environment: Environment) -> dict[str, str]:
    """Read the stamp; a missing or damaged one counts as nothing installed."""
    try:
        parts = json.loads(environment.stamp.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return parts if isinstance(parts, dict) and environment.python.exists() else {}


def is_complete(environment: Environment, parts: tuple[str, ...]) -> bool:
    """Tell whether all parts are installed as pinned."""
    found = installed_parts(environment)
    return all(found.get(part) == fingerprint(environment, part) for part in parts)


@contextlib.contextmanager
def only_one(environment: Environment) -> Iterator[None]:
    """Hold the installation's lock; the system frees it if this program is killed."""
    try:
        handle = (environment.root / ".venv.lock").open("a+")
    except OSError as problem:
        raise failures.from_os_error(problem, environment.root, NEEDED_GB) from problem
    with handle:
        if not _try_lock(handle):
            print("Another start is installing the packages; waiting for it to finish.", flush=True)
            while not _try_lock(handle):
                time.sleep(0.5)
        yield


def _try_lock(handle: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def prepare(environment: Environment, parts: tuple[str, ...]) -> None:
    """Install what is missing, and nothing if all is there.

    Args:
        environment: Where.
        parts: `("run",)` or `("run", "test")`.

    Raises:
        SetupError: In one sentence, what the user can do.
    """
    if is_complete(environment, parts):
        return
    with only_one(environment):
        if is_complete(environment, parts):
            return
        try:
            _install(environment, parts)
        except OSError as problem:
            raise failures.from_os_error(problem, environment.root, NEEDED_GB) from problem


def _install(environment: Environment, parts: tuple[str, ...]) -> None:
    usable = _is_usable(environment)
    free_gb = shutil.disk_usage(environment.root).free / 1e9
    if free_gb < (UPDATE_GB if usable else MINIMUM_GB):
        raise failures.no_space(environment.root, NEEDED_GB, free_gb)
    environment.stamp.unlink(missing_ok=True)
    if not usable:
        _make(environment)
    print("Installing the packages into .venv; the first time this takes some minutes.", flush=True)
    pins = [word for part in parts for word in ("-r", str(environment.lock_file(part)))]
    quiet = ("install", "--progress-bar", "off")
    _pip(environment, *quiet, "--no-deps", "--require-hashes", *pins)
    _pip(environment, *quiet, "-r", str(environment.torch_lock), append=True)
    _pip(environment, "install", "--no-deps", "--no-build-isolation", "-e", str(environment.root), append=True)
    _write_stamp(environment, parts)
    print("Installed.", flush=True)


def _is_usable(environment: Environment) -> bool:
    """Tell whether a half-filled environment can be filled up: not moved, same Python, and pip answers."""
    try:
        made_here = str(environment.folder) in (environment.folder / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return False
    if not made_here or not environment.python.exists():
        return False
    question = "import sys, pip; print(*sys.version_info[:2])"
    answer = subprocess.run([environment.python, "-c", question], capture_output=True, text=True, check=False)
    return answer.returncode == 0 and answer.stdout.split() == [str(n) for n in sys.version_info[:2]]


def _make(environment: Environment) -> None:
    """Make an empty environment, over a broken one if need be."""
    command = [getattr(sys, "_base_executable", None) or sys.executable, "-m", "venv", "--clear", environment.folder]
    for attempt in range(2):
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode == 0:
            return
        text = made.stdout + made.stderr
        if not any(sign in text for sign in ("ensurepip", "No module named venv")):
            raise failures.from_pip_output(text, environment.folder, environment.log, NEEDED_GB)
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        if attempt or not qt_libraries.apt_install((package,)):
            raise failures.SetupError(
                f"This Python comes without its venv module. Install it, then start again: "
                f"{qt_libraries.apt_command((package,))}"
            )


def _pip(environment: Environment, *words: str, append: bool = False) -> None:
    """Run pip with its output in the log, and show what it is at on one line of a terminal."""
    command = [str(environment.python), "-m", "pip", "--disable-pip-version-check", "--no-input", *words]
    lines: list[str] = []
    with (
        environment.log.open("a" if append else "w", encoding="utf-8") as log,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace"
        ) as process,
    ):
        for line in process.stdout or ():
            log.write(line)
            lines.append(line)
            _show(line)
    if sys.stdout.isatty():
        print("\r\033[K", end="", flush=True)
    if process.returncode != 0:
        raise failures.from_pip_output("".join(lines), environment.folder, environment.log, NEEDED_GB)


def _show(line: str) -> None:
    if sys.stdout.isatty() and line.startswith(("Collecting", "Installing", "  Downloading")):
        print(f"\r\033[K  {line.strip()[:76]}", end="", flush=True)


def _write_stamp(environment: Environment, parts: tuple[str, ...]) -> None:
    temporary = environment.stamp.with_suffix(".part")
    content = {part: fingerprint(environment, part) for part in parts}
    temporary.write_text(json.dumps(content), encoding="utf-8")
    temporary.replace(environment.stamp)
