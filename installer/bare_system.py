"""A bare Debian in a folder, and commands that run inside it: to build on an old system, and to try what was built."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from failures import SetupError

MIRROR = "http://deb.debian.org/debian"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MOUNTS = """
mount -t proc proc {root}/proc
mount --rbind /dev {root}/dev
mkdir -p {root}/dev/shm
mount -t tmpfs -o mode=1777 shm {root}/dev/shm
"""
"""What processes, devices and semaphores need. They are mounted in a space of their own, which ends with the command:
nothing stays mounted, whatever happens, so that removing the folder can never remove this system's own devices."""


def is_possible() -> bool:
    """Whether bare systems can be made here: that takes root's rights and debootstrap."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and bool(shutil.which("debootstrap"))


def make(root: Path, suite: str) -> None:
    """Make a Debian of the fewest packages, unless it is there.

    Args:
        root: Folder.
        suite: Debian's word for the version: ``bullseye`` is 11, with glibc 2.31.

    Raises:
        SetupError: If debootstrap fails.
    """
    if (root / "etc/debian_version").exists() and not (root / "debootstrap").exists():
        return
    shutil.rmtree(root, ignore_errors=True)
    command = ["debootstrap", "--variant=minbase", suite, str(root), MIRROR]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(f"debootstrap failed: {(done.stderr or done.stdout).strip()[-300:]}")


def duplicate(root: Path, target: Path) -> None:
    """Copy a bare system with its devices as they are: read like files, ``/dev/zero`` has no end.

    Raises:
        SetupError: If it cannot be copied.
    """
    done = subprocess.run(["cp", "-a", str(root), str(target)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(f"The bare system cannot be copied: {done.stderr.strip()[-300:]}")


def run(
    root: Path,
    command: str,
    folders: Mapping[str, Path] | None = None,
    variables: Mapping[str, str] | None = None,
    log: Path | None = None,
) -> int:
    """Run a shell command inside, as root.

    Args:
        root: The bare system.
        command: Of ``sh``.
        folders: Folders of this system by the place where the command sees them.
        variables: Of the environment, beside those that every command gets.
        log: File for what is printed; None for this program's own output.

    Returns:
        The exit status.
    """
    shutil.copy2("/etc/resolv.conf", root / "etc/resolv.conf")
    script = ["set -e", _MOUNTS.format(root=shlex.quote(str(root)))]
    for place, folder in (folders or {}).items():
        inside = root / place.lstrip("/")
        inside.mkdir(parents=True, exist_ok=True)
        script.append(f"mount --bind {shlex.quote(str(folder))} {shlex.quote(str(inside))}")
    script.append(f"exec chroot {shlex.quote(str(root))} sh -ec {shlex.quote(command)}")
    clean = {"PATH": _PATH, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8", "HOME": "/root"}
    clean |= {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    clean |= variables or {}
    words = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", "\n".join(script)]
    if log is None:
        return subprocess.run(words, env=clean, check=False).returncode
    with log.open("a", encoding="utf-8") as file:
        return subprocess.run(words, env=clean, stdout=file, stderr=subprocess.STDOUT, check=False).returncode
