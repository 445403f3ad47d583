"""The head of an AppImage: the AppImage project's runtime, which stands in front of the files in every AppImage."""

from __future__ import annotations

import struct
import sys
import zipfile
from pathlib import Path

import bundle
from failures import SetupError

LOCK = "requirements-appimage.lock"
_NAME = "runtime-x86_64"
_TYPE_2 = b"AI\x02"  # in the ELF head's free bytes, by which systems know an AppImage
_ELF_HEAD = 64  # bytes of an ELF head of 64 bits
_SECTIONS, _SIZES = 0x28, 0x3A
"""Where an ELF head says where its table of sections begins, and how large each entry is and how many there are
(https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html). The table is the last thing of the runtime."""


def fetch(root: Path, folder: Path) -> Path:
    """The head, from an AppImage that a pinned package of the package index brings; fetched once.

    Args:
        root: The project.
        folder: In which the package and the head go into a folder of their own.

    Raises:
        SetupError: If it cannot be had.
    """
    place = folder / "appimage"
    head = place / _NAME
    if head.exists():
        return head
    place.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--require-hashes", "--only-binary=:all:"]
    bundle.run([*command, "-d", str(place), "-r", str(root / "installer" / LOCK)], "No head of an AppImage can be had")
    for package in sorted(place.glob("*.whl")):
        with zipfile.ZipFile(package) as files:
            for name in files.namelist():
                if name.endswith("x86_64.AppImage"):
                    temporary = head.with_suffix(".part")
                    temporary.write_bytes(head_of(files.read(name), name))
                    temporary.replace(head)
                    return head
    raise SetupError("The package that should bring an AppImage has none.")


def head_of(data: bytes, name: str) -> bytes:
    """The head of an AppImage, or of a file that is nothing else.

    Args:
        data: The file, or as much of it as holds the head.
        name: What to call the file if it is none.

    Raises:
        SetupError: If there is no head of type 2.
    """
    if len(data) < _ELF_HEAD or data[:4] != b"\x7fELF" or data[8:11] != _TYPE_2:
        raise SetupError(f"{name} is no runtime of an AppImage of type 2.")
    (begin,) = struct.unpack_from("<Q", data, _SECTIONS)
    size, count = struct.unpack_from("<HH", data, _SIZES)
    end: int = begin + size * count
    return data[:end] if _ELF_HEAD <= end <= len(data) else data
