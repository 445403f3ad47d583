"""Files of a Zarr folder are read with care, and its descriptions at once."""

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from zarr.core.buffer import default_buffer_prototype

from desktop_app.core.errors import UnreadableFileError
from desktop_app.io.images.zarr_files import OrdinaryFiles
from desktop_app.io.plain_files import NotAPlainFileError


def read(folder: Path, key: str) -> bytes | None:
    store = OrdinaryFiles(folder, read_only=True)
    found = asyncio.run(store.get(key, default_buffer_prototype()))
    return None if found is None else found.to_bytes()


def test_descriptions_are_read_without_a_thread_and_pieces_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "0").mkdir()
    for key in (".zattrs", "0/.zarray", "0/5"):
        (tmp_path / key).write_bytes(key.encode())
    handed = []

    async def to_thread(work: Any, path: Path, *more: Any) -> Any:
        handed.append(path)
        return work(path, *more)

    monkeypatch.setattr(asyncio, "to_thread", to_thread)
    for key in (".zattrs", "0/.zarray", "0/5"):
        assert read(tmp_path, key) == key.encode()
    assert handed == [tmp_path / "0" / "5"]


@pytest.mark.parametrize("key", ["zarr.json", "0/.zarray", "0/5", ".zattrs/0", "0"])
def test_what_is_missing_or_a_folder_is_none(key: str, tmp_path: Path) -> None:
    (tmp_path / "0").mkdir()
    (tmp_path / ".zattrs").write_bytes(b"{}")
    assert read(tmp_path, key) is None
    assert OrdinaryFiles(tmp_path, read_only=True).get_sync(key) is None


@pytest.mark.parametrize("key", [".zattrs", "0/5"])
def test_of_a_folder_that_has_gone_nothing_is_taken_for_empty(key: str, tmp_path: Path) -> None:
    folder = tmp_path / "a.zarr"
    folder.mkdir()
    store = OrdinaryFiles(folder, read_only=True)
    shutil.rmtree(folder)
    with pytest.raises(UnreadableFileError, match=r"a\.zarr: its folder is not there any more"):
        asyncio.run(store.get(key, default_buffer_prototype()))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("key", [".zattrs", "5"])
def test_a_pipe_is_not_waited_for(key: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / key)
    with pytest.raises(NotAPlainFileError):
        read(tmp_path, key)
    with pytest.raises(NotAPlainFileError):
        OrdinaryFiles(tmp_path, read_only=True).get_sync(key)
