"""What Linux users get: a Debian package, an archive that installs itself, and an AppImage.

The head of an AppImage is a binary of the AppImage project (`appimage_head.py`). The archive needs nothing of the kind,
and it installs itself where no FUSE is.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import BinaryIO

import appimage_head
import file_types
import layer_files
from failures import SetupError

_PLACE = "usr/lib/voxelwright"
_PRESET = "1"
"""Of xz: the quickest but one, which keeps below the size allowed; packing at 6 takes minutes on two cores."""
_FILES = "data.tar.xz"
_AR, _AR_HEAD = b"!<arch>\n", 60  # what the archive begins with, and bytes before each member
_NEEDED = (
    "libegl1", "libgl1", "libfontconfig1", "libdbus-1-3", "libx11-6", "libx11-xcb1", "libxcb1", "libxkbcommon0",
    "libxkbcommon-x11-0", "libglib2.0-0 | libglib2.0-0t64", "libfreetype6",
)  # fmt: skip
"""Debian packages that every desktop has, and that Qt must not bring along: they talk to the system's own drivers."""
_SQUASHED = {
    "zstd": ("-comp", "zstd", "-Xcompression-level", "9", "-b", "1M"),
    "gzip": ("-comp", "gzip", "-Xcompression-level", "6", "-b", "1M"),
}
"""For mksquashfs. Runtimes of today read zstd, which starts the program quickest; those before 2023 read gzip."""
_CHUNK = 2**20  # bytes
_PATIENCE = 300  # s; the head looks at one file alone
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
    shutil.copytree(program, place, symlinks=True, copy_function=layer_files.linked)
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
    command = ["dpkg-deb", "--root-owner-group", "-Zxz", f"-z{_PRESET}", "--build", str(tree), str(package)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(f"dpkg-deb failed: {done.stderr.strip()}")
    shutil.rmtree(tree)
    return package


def self_extracting(root: Path, package: Path, version: str, out: Path) -> Path:
    """Build the ``.run``: a shell script with the files of the ``.deb`` behind it, as they are packed there.

    Packing takes longest of all, so it is done once for both.

    Args:
        root: The project.
        package: From ``debian_package``.
        version: Of the program.
        out: Where the archive is written.

    Raises:
        SetupError: If the package does not hold what it should.
    """
    target = out / f"Voxelwright-{version}-linux-x86_64.run"
    shutil.copyfile(root / "installer/linux/install.sh", target)
    with package.open("rb") as source, target.open("ab") as file:
        left = _go_to(source, _FILES)
        while left and (chunk := source.read(min(left, _CHUNK))):
            left -= file.write(chunk)
    if left:
        raise SetupError(f"{package} is cut off.")
    target.chmod(0o755)
    return target


def _go_to(archive: BinaryIO, wanted: str) -> int:
    """Go to where a member of an ``ar`` archive begins, as deb(5) describes it; its size in bytes."""
    archive.seek(len(_AR))
    while len(head := archive.read(_AR_HEAD)) == _AR_HEAD:
        name, size = head[:16].decode("ascii").strip().rstrip("/"), int(head[48:58])
        if name == wanted:
            return size
        archive.seek(size + size % 2, os.SEEK_CUR)
    raise SetupError(f"There is no {wanted} in {archive.name}.")


def app_image(root: Path, program: Path, version: str, runtime: Path, out: Path) -> Path:
    """Build the ``.AppImage``: the AppImage project's runtime with a squashed file system behind it.

    Args:
        root: The project.
        program: The assembled installation.
        version: Of the program.
        runtime: A head of type 2, which finds the file system at its own end, or an AppImage that has one.
        out: Where the image is written.

    Raises:
        SetupError: If the head is none or cannot read what is behind it, or mksquashfs is missing or fails.
    """
    if not shutil.which("mksquashfs"):
        raise SetupError("The AppImage needs mksquashfs: apt-get install squashfs-tools.")
    try:
        head = appimage_head.head_of(runtime.read_bytes(), runtime.name)
    except OSError as problem:
        raise SetupError(f"The AppImage's runtime cannot be read: {problem}.") from problem
    words = _readable(head, runtime.name)
    tree = out / "appdir"
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(program, tree, symlinks=True, copy_function=layer_files.linked)
    for name in ("voxelwright.desktop", "voxelwright.png"):
        _write_shared(root, name, tree / name)
    (tree / ".DirIcon").symlink_to("voxelwright.png")
    shutil.copyfile(root / "installer/linux/AppRun", tree / "AppRun")
    (tree / "AppRun").chmod(0o755)
    _name_head(root, tree)
    target = out / f"Voxelwright-{version}-x86_64.AppImage"
    _write_image(head, tree, words, target)
    shutil.rmtree(tree)
    if not reads_itself(target):
        target.unlink()
        raise SetupError(f"{target.name} cannot read itself.")
    return target


def _name_head(root: Path, tree: Path) -> None:
    """Add the head to the parts that About shows and to the list of licences; both are links to the program's."""
    text = (root / "installer/linux/AppImage-licences.txt").read_text(encoding="utf-8")
    parts, licences = tree / "parts.json", tree / "LICENCES.txt"
    head = {"name": "AppImage runtime", "version": "", "licence": "MIT, BSD-2-Clause", "text": text}
    shown = json.dumps([*json.loads(parts.read_text(encoding="utf-8")), head], indent=1) + "\n"
    listed = licences.read_text(encoding="utf-8") + "\n" + text
    for path, new in ((parts, shown), (licences, listed)):
        path.unlink()
        path.write_text(new, encoding="utf-8")


def _readable(head: bytes, name: str) -> tuple[str, ...]:
    """The first words for mksquashfs with which a head reads what is behind it: a small file tells."""
    with tempfile.TemporaryDirectory() as folder:
        tree, image = Path(folder, "tree"), Path(folder, "small.AppImage")
        tree.mkdir()
        (tree / "voxelwright.desktop").write_text("[Desktop Entry]\n" * 99, encoding="ascii")  # long enough to pack
        for words in _SQUASHED.values():
            _write_image(head, tree, words, image)
            if reads_itself(image):
                return words
    raise SetupError(f"The runtime {name} cannot read an image of this system's mksquashfs.")


def _write_image(head: bytes, tree: Path, words: tuple[str, ...], target: Path) -> None:
    squashed = target.with_suffix(".squashfs")
    command = ["mksquashfs", str(tree), str(squashed), "-noappend", "-quiet", "-no-progress", "-root-owned", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SetupError(f"mksquashfs failed: {done.stderr.strip()[-300:]}")
    with target.open("wb") as file, squashed.open("rb") as behind:
        file.write(head)
        shutil.copyfileobj(behind, file, _CHUNK)
    target.chmod(0o755)
    squashed.unlink()


def reads_itself(image: Path) -> bool:
    """Whether the head of an AppImage can unpack a file from behind it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(image.absolute()), "--appimage-extract", "voxelwright.desktop"]
        subprocess.run(command, cwd=folder, capture_output=True, timeout=_PATIENCE, check=False)
        return (Path(folder) / "squashfs-root" / "voxelwright.desktop").is_file()


_SHARED = {
    "voxelwright.desktop": "share/applications",
    "voxelwright.xml": "share/mime/packages",
    "voxelwright.png": "share/icons/hicolor/256x256/apps",
}
"""What desktops read, and where they look for it."""


def _share(root: Path, usr: Path) -> None:
    for name, place in _SHARED.items():
        (usr / place).mkdir(parents=True, exist_ok=True)
        _write_shared(root, name, usr / place / name)


def _write_shared(root: Path, name: str, target: Path) -> None:
    if name.endswith(".png"):
        shutil.copyfile(root / "resources/icons" / name, target)
    else:
        made = file_types.desktop_entry(root) if name.endswith(".desktop") else file_types.mime_package(root)
        target.write_text(made, encoding="utf-8")


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
