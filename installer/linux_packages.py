"""What Linux users get: a Debian package, and an archive that installs itself for one user."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import layer_files
from failures import SetupError

_PLACE = "usr/lib/voxelwright"
PRESET = "-1"
"""Of xz: the quickest but one, which keeps below the size allowed; packing at 6 takes minutes on two cores."""
_NEEDED = (
    "libegl1", "libgl1", "libfontconfig1", "libdbus-1-3", "libx11-6", "libx11-xcb1", "libxcb1", "libxkbcommon0",
    "libxkbcommon-x11-0", "libglib2.0-0 | libglib2.0-0t64", "libfreetype6",
)  # fmt: skip
"""Debian packages that every desktop has, and that Qt must not bring along: they talk to the system's own drivers."""
_POSTINST = """#!/bin/sh
set -e
command -v update-mime-database >/dev/null && update-mime-database /usr/share/mime || true
command -v update-desktop-database >/dev/null && update-desktop-database -q || true
command -v gtk-update-icon-cache >/dev/null && gtk-update-icon-cache -q /usr/share/icons/hicolor || true
exit 0
"""


def debian_package(root: Path, program: Path, version: str, libc: str, out: Path) -> Path:
    """Build the ``.deb``.

    Args:
        root: The project.
        program: The assembled installation.
        version: Of the program.
        libc: The glibc that it needs.
        out: Where the package is written.

    Raises:
        SetupError: If the tools to build it are missing or fail.
    """
    if not shutil.which("dpkg-deb"):
        raise SetupError("The package needs dpkg-deb: apt-get install dpkg-dev.")
    tree = out / "deb"
    shutil.rmtree(tree, ignore_errors=True)
    place = tree / _PLACE
    shutil.copytree(program, place, symlinks=True, copy_function=_linked)
    _share(root, tree / "usr")
    (tree / "usr/bin").mkdir()
    (tree / "usr/bin/voxelwright").symlink_to(f"../../{_PLACE}/voxelwright")
    documents = tree / "usr/share/doc/voxelwright"
    documents.mkdir(parents=True)
    shutil.copy2(root / "LICENSE", documents / "copyright")
    control = tree / "DEBIAN"
    control.mkdir()
    size = layer_files.tree_size(place) // 1024
    (control / "control").write_text(_control(version, libc, size), encoding="utf-8")
    for name in ("postinst", "postrm"):
        (control / name).write_text(_POSTINST, encoding="ascii")
        (control / name).chmod(0o755)
    package = out / f"voxelwright_{version}_amd64.deb"
    command = ["dpkg-deb", "--root-owner-group", "-Zxz", f"-z{PRESET[1:]}", "--build", str(tree), str(package)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(f"dpkg-deb failed: {done.stderr.strip()}")
    shutil.rmtree(tree)
    return package


def self_extracting(root: Path, program: Path, version: str, out: Path) -> Path:
    """Build the ``.run``: a shell script with the program behind it.

    Raises:
        SetupError: If tar or xz fails.
    """
    share = program / "share"
    share.mkdir(exist_ok=True)
    for name, source in _SHARED.items():
        shutil.copy2(root / source, share / name)
    target = out / f"Voxelwright-{version}-linux-x86_64.run"
    shutil.copyfile(root / "installer/linux/install.sh", target)
    pack = ["tar", "--owner=0", "--group=0", "-cf", "-", "-C", str(program), "."]
    with target.open("ab") as file, subprocess.Popen(pack, stdout=subprocess.PIPE) as tar:
        packed = subprocess.run(["xz", "-T0", PRESET, "-c"], stdin=tar.stdout, stdout=file, check=False)
    if tar.returncode or packed.returncode:
        raise SetupError("The archive cannot be packed; is the disk full?")
    target.chmod(0o755)
    return target


_SHARED = {
    "voxelwright.desktop": "installer/linux/voxelwright.desktop",
    "voxelwright.xml": "installer/linux/voxelwright.xml",
    "voxelwright.png": "resources/icons/voxelwright.png",
}


def _share(root: Path, usr: Path) -> None:
    places = {
        "voxelwright.desktop": "share/applications",
        "voxelwright.xml": "share/mime/packages",
        "voxelwright.png": "share/icons/hicolor/256x256/apps",
    }
    for name, place in places.items():
        folder = usr / place
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / _SHARED[name], folder / name)


def _control(version: str, libc: str, size: int) -> str:
    depends = ", ".join([f"libc6 (>= {libc})", *_NEEDED])
    return (
        f"Package: voxelwright\nVersion: {version}\nArchitecture: amd64\nSection: science\nPriority: optional\n"
        f"Installed-Size: {size}\nDepends: {depends}\nRecommends: shared-mime-info, desktop-file-utils\n"
        "Maintainer: The Voxelwright developers <developers@voxelwright.invalid>\n"
        "Description: segment 2D and 3D microscopy images without writing code\n"
        " Label some of a volume, train or finetune a model through a wizard, check the result,\n"
        " and run it on folders of volumes. All libraries are inside.\n"
    )


def _linked(source: str, target: str) -> str:
    """Hard links where the disk takes them: a copy would take another gigabyte."""
    try:
        Path(target).hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)
    return target
