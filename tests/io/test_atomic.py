"""Files are old or new, never half."""

from __future__ import annotations

import errno
import json
import os
import re
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.errors import UnwritableFileError
from desktop_app.io.atomic import (
    atomic_folder,
    atomic_path,
    make_folder,
    remove_abandoned,
    remove_all_leftovers,
    remove_leftovers,
    replace_folder,
    restore_set_aside,
    write_bytes,
    write_json,
    write_text,
)


def test_file_appears_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with atomic_path(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
        assert temporary.suffix == ".tif"
        assert temporary.parent == path.parent
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def _write_and_fail(path: Path, error: BaseException) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text("new")
        raise error


def _fill_and_fail(path: Path, error: BaseException) -> None:
    with atomic_folder(path) as temporary:
        (temporary / "x").write_text("new")
        raise error


def test_a_folder_goes_even_while_a_late_thread_writes_into_it(tmp_path: Path) -> None:
    def write_late(folder: Path) -> None:
        for number in range(15):
            (folder / str(number)).mkdir(parents=True, exist_ok=True)
            time.sleep(0.005)

    def write_and_fail() -> None:
        with atomic_folder(tmp_path / "x.zarr") as temporary:
            thread = threading.Thread(target=write_late, args=(temporary,))
            threads.append(thread)
            thread.start()
            raise OSError(errno.ENOSPC, "full")

    threads: list[threading.Thread] = []
    with pytest.raises(UnwritableFileError, match="the disk is full"):
        write_and_fail()
    threads[0].join()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_that_name_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(UnwritableFileError, match="a folder has this name"):
        write_text(tmp_path, "x")


@pytest.mark.parametrize("error", [ValueError("stop"), KeyboardInterrupt()])
def test_failure_keeps_the_old_one(tmp_path: Path, error: BaseException) -> None:
    file, folder = tmp_path / "a.txt", tmp_path / "b"
    file.write_text("old")
    folder.mkdir()
    (folder / "x").write_text("old")
    with pytest.raises(type(error)):
        _write_and_fail(file, error)
    with pytest.raises(type(error)):
        _fill_and_fail(folder, error)
    assert (file.read_text(), (folder / "x").read_text()) == ("old", "old")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.txt", "b"]


def test_folder_is_replaced_whole(tmp_path: Path) -> None:
    folder = tmp_path / "b"
    folder.mkdir()
    (folder / "old").write_text("old")
    with atomic_folder(folder) as temporary:
        (temporary / "new").write_text("new")
    assert [p.name for p in folder.iterdir()] == ["new"]
    assert [p.name for p in tmp_path.iterdir()] == ["b"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "share of the disk"),
        (errno.EACCES, "no right to write"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "the system says"),
    ],
)
def test_refusals_are_one_sentence(tmp_path: Path, number: int, words: str) -> None:
    with pytest.raises(UnwritableFileError, match=rf"Cannot write cells\.csv: .*{words}") as caught:
        _write_and_fail(tmp_path / "cells.csv", OSError(number, "as the system puts it"))
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("I am a file")
    with pytest.raises(UnwritableFileError, match=r"summary\.csv"):
        write_text(tmp_path / "results" / "summary.csv", "x")


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=2000), st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9), max_size=5))
def test_what_is_written_is_read(tmp_path: Path, data: bytes, value: dict[str, object]) -> None:
    write_bytes(tmp_path / "a", data)
    assert (tmp_path / "a").read_bytes() == data
    write_json(tmp_path / "b.json", value)
    assert json.loads((tmp_path / "b.json").read_text(encoding="utf-8")) == value


def test_what_a_killed_program_left_of_a_file_is_removed_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "em[1].ome.zarr"
    with atomic_folder(path) as temporary:
        left = tmp_path / re.sub("[0-9a-f]{10}", "0123456789", temporary.name)
        (left / "deep").mkdir(parents=True)
    others = [path, tmp_path / ".em[1].ome.working", tmp_path / ".em1.0123456789.tmp.ome.zarr"]
    for other in others[1:]:
        other.mkdir()
    assert left.exists()
    remove_leftovers([path])
    assert sorted(tmp_path.iterdir()) == sorted(others)
    single = tmp_path / ".a.0123456789.tmp.tif"
    single.touch()
    remove_leftovers([tmp_path / "a.tif", tmp_path / "gone" / "b.csv"])
    assert not single.exists()


def test_a_folder_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    gone = tmp_path / "drive" / "results"
    with pytest.raises(UnwritableFileError, match=r"Cannot write a\.csv: its folder is not there any more"):
        write_text(gone / "a.csv", "x")
    with pytest.raises(UnwritableFileError, match="its folder is not there any more"), atomic_folder(gone / "b.zarr"):
        pass
    assert list(tmp_path.iterdir()) == []
    make_folder(gone)
    write_text(gone / "a.csv", "x")
    assert (gone / "a.csv").read_text() == "x"


@pytest.mark.parametrize("name", ["cells.ome.zarr", "model.vwmodel", "plain", ".hidden.zarr", "n" * 200 + ".zarr"])
def test_what_was_set_aside_when_the_program_was_killed_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path, new = tmp_path / name, tmp_path / "new"
    for folder, text in ((path, "old"), (new, "new")):
        folder.mkdir()
        (folder / "x").write_text(text)
    rename, calls = Path.replace, []

    def killed(self: Path, target: Path) -> Path:
        calls.append(self)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        replace_folder(new, path)
    monkeypatch.undo()
    assert not path.exists()
    assert restore_set_aside(tmp_path) == [path]
    assert (path / "x").read_text() == "old"
    assert restore_set_aside(tmp_path) == []


def test_what_was_set_aside_and_replaced_goes(tmp_path: Path) -> None:
    path, left = tmp_path / "a.zarr", tmp_path / ".a.zarr.0123456789.old"
    other = tmp_path / ".a.old.zarr"
    for folder in (path, left, other):
        folder.mkdir()
    assert restore_set_aside(tmp_path) == []
    assert sorted(tmp_path.iterdir()) == sorted([path, other])


def test_a_replacement_removes_what_killed_ones_had_set_aside(tmp_path: Path) -> None:
    path, new = tmp_path / "a[1].zarr", tmp_path / "new"
    left, others = tmp_path / ".a[1].zarr.0123456789.old", tmp_path / ".a[1].zarr.b.0123456789.old"
    for folder in (new, left, others):
        folder.mkdir()
    replace_folder(new, path)
    assert sorted(tmp_path.iterdir()) == sorted([path, others])


def test_what_was_not_touched_for_a_day_is_abandoned(tmp_path: Path) -> None:
    names = (".m.0123456789.tmp.vwmodel", ".new.0123456789.tmp.vwmodel", ".m.tmp.vwmodel", "m.vwmodel")
    for name in names:
        (tmp_path / name).mkdir()
    long_ago = time.time() - 2 * 24 * 3600
    for name in (names[0], *names[2:]):
        os.utime(tmp_path / name, (long_ago, long_ago))
    remove_abandoned(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(names[1:])


def test_the_holder_of_a_folder_removes_what_was_half_written_deep_inside(tmp_path: Path) -> None:
    kept = [tmp_path / "log.txt", tmp_path / "best" / "weights.safetensors", tmp_path / "best" / ".tmp-notes"]
    left = [tmp_path / ".log.0123456789.tmp.txt", tmp_path / "best" / ".weights.0123456789.tmp.safetensors"]
    (tmp_path / "best").mkdir()
    for path in (*kept, *left):
        path.write_text("x")
    (tmp_path / ".model.0123456789.tmp.vwmodel" / ".inner.0123456789.tmp").mkdir(parents=True)
    remove_all_leftovers(tmp_path)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(kept)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["best"]
