"""A bare Debian in a folder, and commands that run inside it: to build on an old system, and to try what was built."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from failures import SetupError

MIRROR = "http://deb.debian.org/debian"
_STAMP = "var/lib/voxelwright-bare-system"  # in a system that is whole: what it was made of
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_MOUNTS = """
mount -t proc proc {root}/proc
mount --rbind /dev {root}/dev
mkdir -p {root}/dev/shm
mount -t tmpfs -o mode=1777 shm {root}/dev/shm
"""
"""What processes, devices and semaphores need. They are mounted in a space of their own, which ends with the command:
nothing stays mounted, whatever happens, so that removing the folder can never remove this system's own devices."""
_BOOTSTRAP = """
mount -t tmpfs -o size=1G,dev,suid,exec bare {memory}
debootstrap --variant=minbase {suite} {memory} {mirror}
echo force-unsafe-io > {memory}/etc/dpkg/dpkg.cfg.d/without-waiting
rm -f {memory}/var/cache/apt/archives/*.deb
cp -a {memory}/. {root}
"""
"""In memory, and from then on without waiting for the disk after each file: a system that can be made again needs no
such care, and dpkg waits for most of its time."""
_INSTALL = """
apt-get -qq update
apt-get -qq install -y --no-install-recommends {packages}
apt-get clean
"""


def is_possible() -> bool:
    """Whether bare systems can be made here: that takes root's rights and debootstrap."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and bool(shutil.which("debootstrap"))


def make(root: Path, suite: str, packages: Sequence[str] = ()) -> None:
    """Make a Debian of the fewest packages and those that are named, unless the same is there.

    Args:
        root: Folder; its neighbour ``debian-SUITE`` is the system without those packages, which is kept for the next.
        suite: Debian's word for the version: ``bullseye`` is 11, with glibc 2.31.
        packages: Debian's names.

    Raises:
        SetupError: If one of them cannot be had.
    """
    wanted = _of(suite, packages)
    if _is_whole(root, wanted):
        return
    plain = root.with_name(f"debian-{suite}")
    with _one_at_a_time(plain.with_suffix(".lock")):
        if not _is_whole(plain, _of(suite, ())):
            _bootstrap(plain, suite)
    shutil.rmtree(root, ignore_errors=True)
    duplicate(plain, root)
    (root / _STAMP).unlink()
    if packages and run(root, _INSTALL.format(packages=" ".join(packages)), log=root.with_name(f"{root.name}.log")):
        raise SetupError(f"Packages of Debian {suite} could not be installed; see {root}.log.")
    (root / _STAMP).write_text(wanted, encoding="ascii")


def is_made(root: Path, suite: str, packages: Sequence[str] = ()) -> bool:
    """Whether a folder holds that very system."""
    return _is_whole(root, _of(suite, packages))


def _of(suite: str, packages: Sequence[str]) -> str:
    """What a system is made of, in one line."""
    text = "\n".join([MIRROR, suite, *sorted(packages), _BOOTSTRAP, _INSTALL])
    return hashlib.sha256(text.encode()).hexdigest()


def _is_whole(root: Path, wanted: str) -> bool:
    try:
        return (root / _STAMP).read_text(encoding="ascii") == wanted
    except OSError:
        return False


@contextlib.contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Wait until no other process that asks for the same holds it."""
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _bootstrap(root: Path, suite: str) -> None:
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as memory:  # what is mounted there is seen, and lives, in the command alone
        words = {"suite": suite, "mirror": MIRROR, "root": shlex.quote(str(root)), "memory": shlex.quote(memory)}
        command = ["unshare", "--mount", "sh", "-ec", _BOOTSTRAP.format(**words)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(f"debootstrap failed: {(done.stderr or done.stdout).strip()[-300:]}")
    (root / _STAMP).write_text(_of(suite, ()), encoding="ascii")


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
