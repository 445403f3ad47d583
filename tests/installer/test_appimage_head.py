"""The head of an AppImage: where it ends, and where it comes from."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import appimage_head
import bundle
import pytest
from failures import SetupError

ROOT = Path(__file__).resolve().parents[2]


def _head(sections: int = 3) -> bytes:
    """As small as one can be: an ELF head, some code, and a table of sections at its end."""
    head = bytearray(b"\x7fELF\x02\x01\x01\x00AI\x02".ljust(64, b"\0"))
    struct.pack_into("<Q", head, 0x28, 100)
    struct.pack_into("<HH", head, 0x3A, 64, sections)
    return bytes(head).ljust(100 + 64 * sections, b"x")


def test_the_head_ends_behind_its_sections() -> None:
    assert appimage_head.head_of(_head() + b"hsqs and files", "x") == _head()
    assert appimage_head.head_of(_head(), "x") == _head()


@pytest.mark.parametrize("data", [b"", b"#!/bin/sh\n" * 20, b"\x7fELF" + bytes(100)])
def test_what_has_no_head_is_refused(data: bytes) -> None:
    with pytest.raises(SetupError, match="some file is no runtime"):
        appimage_head.head_of(data, "some file")


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What pip is asked for; it finds a package with an AppImage of that head, or without one."""
    asked: list[list[str]] = []

    def download(command: list[str], _problem: str) -> None:
        asked.append(command)
        place = Path(command[command.index("-d") + 1])
        with zipfile.ZipFile(place / "some-1.whl", "w") as files:
            if "with" in place.parent.name:
                files.writestr("inside/other-x86_64.AppImage", _head() + b"files")

    monkeypatch.setattr(bundle, "run", download)
    return asked


def test_it_is_fetched_once_by_its_hash(tmp_path: Path, index: list[list[str]]) -> None:
    folder = tmp_path / "with"
    for _ in range(2):
        assert appimage_head.fetch(ROOT, folder).read_bytes() == _head()
    (command,) = index
    assert "--require-hashes" in command


def test_a_package_without_an_appimage_is_said(tmp_path: Path, index: list[list[str]]) -> None:
    with pytest.raises(SetupError, match="has none"):
        appimage_head.fetch(ROOT, tmp_path / "bare")
    assert index
