"""The packages in a bare Debian without Python: install, start, self-test, open a project, remove, look what stays."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from failures import SetupError

SUITE, MIRROR = "bookworm", "http://deb.debian.org/debian"
_HOME = "/home/tester"
_SERVER = "xvfb xauth"
_MOUNTS = (["-t", "proc", "proc"], ["--bind", "/dev"], ["-t", "tmpfs", "-o", "mode=1777", "shm"])
"""What processes, devices and semaphores need; nothing of it leads back to this system's own memory."""


def try_packages(packages: Sequence[Path], root: Path) -> int:
    """Try each package in a root of its own; 0 if all went well.

    Args:
        packages: ``.deb`` and ``.run`` files.
        root: Folder for the bare system; made by debootstrap if it is not there, and copied for each package.
    """
    if not (root / "bin").exists():
        _run(["debootstrap", "--variant=minbase", SUITE, str(root), MIRROR], "debootstrap failed")
    failed = 0
    for package in packages:
        copy = root.with_name(f"{root.name}-{package.suffix[1:]}")
        remove_root(copy)
        _run(["cp", "-a", str(root), str(copy)], "The bare system cannot be copied")
        print(f"{package.name} in a bare {SUITE}:", flush=True)
        failed += 0 if _try_one(package, copy) else 1
        remove_root(copy)
    return 1 if failed else 0


def remove_root(root: Path) -> None:
    """Remove a bare system, unless something of this one is still mounted in it, which would be removed with it.

    Raises:
        SetupError: Naming what is mounted.
    """
    mounts = [line.split()[1] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    held = [place for place in mounts if Path(place).is_relative_to(root)]
    if held:
        raise SetupError(f"{held[0]} is still mounted; unmount it (umount -l {held[0]}), then start again.")
    shutil.rmtree(root, ignore_errors=True)


def _try_one(package: Path, root: Path) -> bool:
    target = root / "tmp" / package.name
    try:
        target.hardlink_to(package)
    except OSError:
        shutil.copy2(package, target)
    shutil.copy2("/etc/resolv.conf", root / "etc/resolv.conf")
    script = root / "tmp" / "try.sh"
    steps = _DEB if package.suffix == ".deb" else _RUN
    text = (_COMMON_BEFORE + steps + _COMMON_AFTER).format(package=f"/tmp/{package.name}", home=_HOME, server=_SERVER)
    script.write_text(text, encoding="ascii")
    variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    variables |= {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    with _mounted(root):
        answer = subprocess.run(["chroot", str(root), "sh", "-e", "/tmp/try.sh"], env=variables, check=False)
    print(f"{package.name}: {'passed' if answer.returncode == 0 else 'FAILED'}", flush=True)
    return answer.returncode == 0


class _mounted:
    """``/proc`` and ``/dev`` inside the root, which processes and semaphores need."""

    def __init__(self, root: Path) -> None:
        self._places = [root / "proc", root / "dev", root / "dev" / "shm"]

    def __enter__(self) -> None:
        for kind, place in zip(_MOUNTS, self._places, strict=True):
            place.mkdir(exist_ok=True)
            _run(["mount", *kind, str(place)], f"{place} cannot be mounted")

    def __exit__(self, *_: object) -> None:
        for place in reversed(self._places):
            subprocess.run(["umount", "-l", str(place)], check=False)


def _run(command: list[str], problem: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(f"{problem}: {(done.stderr or done.stdout).strip()[-300:]}")


_COMMON_BEFORE = """
if command -v python3; then echo "This root has a Python."; exit 1; fi
apt-get -qq update
apt-get -qq install -y --no-install-recommends {server} xz-utils >/dev/null
useradd -m -d {home} tester
files() {{
  find / -xdev \\( -path /proc -o -path /tmp -o -path /var -o -path /dev \\) -prune -o -type f -print | sort
}}
files > /tmp/before
as() {{ su tester -c "$1"; }}
"""
_DEB = """
apt-get -qq install -y {package} >/dev/null
program=voxelwright
"""
_RUN = """
apt-get -qq install -y --no-install-recommends libegl1 libgl1 libfontconfig1 libdbus-1-3 libx11-xcb1 \\
  libxkbcommon-x11-0 libglib2.0-0 >/dev/null
files > /tmp/before
chmod 755 {package}
as "sh {package} --quiet"
program={home}/.local/share/voxelwright-program/voxelwright
as "grep -q voxelwright-program {home}/.local/share/applications/voxelwright.desktop"
"""
_COMMON_AFTER = """
if command -v python3; then echo "The package brought a Python."; exit 1; fi
as "$program --version"
echo "self-test under Xvfb:"
as "xvfb-run -a $program --self-test > /tmp/self-test.txt 2>&1" || {{ cat /tmp/self-test.txt; exit 1; }}
tail -n 4 /tmp/self-test.txt
as "$program self-test --out {home}/kept --json" > /tmp/kept.json
echo "a project opened by its file:"
as "VOXELWRIGHT_QUIT_AFTER_MS=15000 xvfb-run -a $program {home}/kept/demo.vwproj"
as "grep -q demo.vwproj {home}/.config/voxelwright/settings.json"
if [ -e /usr/share/applications/voxelwright.desktop ]; then
  apt-get -qq purge -y voxelwright >/dev/null
  apt-get -qq autoremove -y --purge >/dev/null
else
  as "{home}/.local/share/voxelwright-program/uninstall.sh"
fi
files > /tmp/after
echo "left behind, apart from what belongs to the user:"
comm -13 /tmp/before /tmp/after | grep -v -e '^{home}/kept/' -e '^{home}/.config/voxelwright/' \\
  -e '^{home}/.local/state/voxelwright/' -e '^{home}/.cache/' -e '^{home}/.local/share/voxelwright/' \\
  -e '^/usr/share/mime/' -e '^/usr/share/doc/' -e 'mimeinfo.cache' -e '^/usr/lib/x86_64' -e '^/etc/' \\
  -e '^/usr/share/' > /tmp/left || true
cat /tmp/left
[ ! -s /tmp/left ]
[ ! -e /usr/lib/voxelwright ]
! files | grep voxelwright | grep -v -e '^{home}/kept/' -e '^{home}/.config/' -e '^{home}/.local/state/' \\
  -e '^{home}/.cache/' -e '^{home}/.local/share/voxelwright/' | grep .
"""
