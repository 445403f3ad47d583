"""The system libraries that Qt needs on Linux: which are missing, and how they get there."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import failures

ALWAYS = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
}
FOR_A_WINDOW = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def missing(window: bool, loads: Callable[[str], bool] = _loads) -> dict[str, str]:
    """Find the libraries that cannot be loaded.

    Args:
        window: A window will open, not only an invisible one.
        loads: Tells whether a library can be loaded.

    Returns:
        Debian package per missing library; empty on systems other than Linux.
    """
    if not sys.platform.startswith("linux"):
        return {}
    wanted = {**ALWAYS, **FOR_A_WINDOW} if window else ALWAYS
    return {library: package for library, package in wanted.items() if not loads(library)}


def ensure(window: bool) -> None:
    """Install the missing libraries where that is allowed, else say how.

    Raises:
        SetupError: Naming the one command that installs them.
    """
    lacking = missing(window)
    if not lacking:
        return
    packages = tuple(sorted(set(lacking.values())))
    if apt_install(packages):
        lacking = missing(window)
    if lacking:
        raise failures.SetupError(
            f"The window needs system libraries that are missing here ({', '.join(sorted(lacking))}). "
            f"Install them, then start again: {_command_for(lacking)}"
        )


def apt_install(packages: tuple[str, ...]) -> bool:
    """Install Debian packages if this is Debian or Ubuntu and the user is root; tell whether it worked."""
    if not _is_debian() or not _is_root():
        return False
    print(f"Installing system packages: {' '.join(packages)}", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", "-qq", *words], env=quiet, stdout=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def apt_command(packages: Iterable[str]) -> str:
    """The one command that installs Debian packages."""
    return f"sudo sh -c 'apt-get update && apt-get install -y {' '.join(sorted(set(packages)))}'"


def _command_for(lacking: dict[str, str]) -> str:
    if not _is_debian() and shutil.which("dnf"):
        return "sudo dnf install " + " ".join(f"'{library}()(64bit)'" for library in sorted(lacking))
    return apt_command(lacking.values())


def _is_debian() -> bool:
    return shutil.which("apt-get") is not None and Path("/etc/debian_version").exists()


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
