"""Downloads are whole and checked, go on after a break, and say plainly what is wrong."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.core.errors import UnwritableFileError, UserError
from desktop_app.core.job import JobCancelled, JobEvent, Progress, RecordingContext
from desktop_app.core.sizes import megabytes
from desktop_app.io import resuming
from desktop_app.io.downloads import OfflineError, download, remembered_checksum
from tests.file_server import FileServer, file_server
from tests.kill_points import faults

DATA = bytes(range(256)) * 4096
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setattr(resuming, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with file_server(files={"/model.pth": DATA}) as running:
        yield running


def nothing_but(folder: Path, *names: str) -> bool:
    return sorted(p.name for p in folder.iterdir()) == sorted(names)


def test_a_file_arrives_whole_with_its_checksum_and_progress(server: FileServer, tmp_path: Path) -> None:
    ctx = RecordingContext()
    result = download(server.url(), tmp_path / "new" / "model.pth", ctx, sha256=SHA256)
    assert result.path.read_bytes() == DATA
    assert (result.sha256, result.checked) == (SHA256, True)
    shares = [event.fraction for event in ctx.of_kind(Progress)]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert any(0 < share < 1 for share in shares)
    assert nothing_but(result.path.parent, "model.pth")


def test_a_file_that_is_here_is_not_fetched_again(server: FileServer, tmp_path: Path) -> None:
    for _ in range(2):
        download(server.url(), tmp_path / "model.pth", RecordingContext(), sha256=SHA256)
    assert len(server.requests) == 1


def test_a_damaged_copy_is_replaced(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "model.pth").write_bytes(b"half")
    assert download(server.url(), tmp_path / "model.pth", RecordingContext(), sha256=SHA256).sha256 == SHA256


def test_a_cut_connection_is_taken_up_where_it_ended(server: FileServer, tmp_path: Path) -> None:
    server.cut_after = [300_000, 200_000]
    result = download(server.url(), tmp_path / "model.pth", RecordingContext(), sha256=SHA256)
    assert result.path.read_bytes() == DATA
    first, second, third = server.requests
    assert first is None
    starts = [int(r.removeprefix("bytes=").rstrip("-")) for r in (second, third) if r]
    assert 0 < starts[0] <= 300_000 < starts[1] <= 500_000


def test_a_server_that_breaks_off_every_time_is_given_up_and_the_part_used_later(
    server: FileServer, tmp_path: Path
) -> None:
    server.cut_after = [400_000, 0, 0, 0]
    with pytest.raises(UserError, match="broke off again and again"):
        download(server.url(), tmp_path / "model.pth", RecordingContext(), sha256=SHA256)
    assert not (tmp_path / "model.pth").exists()
    server.requests.clear()
    assert download(server.url(), tmp_path / "model.pth", RecordingContext(), sha256=SHA256).sha256 == SHA256
    assert len(server.requests) == 1
    assert server.requests[0]


def test_a_server_without_ranges_is_asked_from_the_start(server: FileServer, tmp_path: Path) -> None:
    server.cut_after, server.ranges = [300_000], False
    assert download(server.url(), tmp_path / "model.pth", RecordingContext(), sha256=SHA256).sha256 == SHA256


def test_a_file_that_changed_in_between_is_not_glued_together(server: FileServer, tmp_path: Path) -> None:
    server.cut_after = [300_000, 0, 0, 0]
    with pytest.raises(UserError, match="broke off"):
        download(server.url(), tmp_path / "model.pth", RecordingContext())
    other = DATA[::-1]
    server.files, server.etag = {"/model.pth": other}, '"two"'
    assert download(server.url(), tmp_path / "model.pth", RecordingContext()).path.read_bytes() == other


def test_without_mark_and_checksum_a_part_is_not_trusted(server: FileServer, tmp_path: Path) -> None:
    server.etag, server.cut_after = "", [300_000]
    assert download(server.url(), tmp_path / "model.pth", RecordingContext()).path.read_bytes() == DATA
    assert server.requests == [None, None]


def test_a_part_that_is_longer_than_the_file_is_thrown_away(server: FileServer, tmp_path: Path) -> None:
    server.cut_after = [300_000, 0, 0, 0]
    with pytest.raises(UserError, match="broke off"):
        download(server.url(), tmp_path / "model.pth", RecordingContext(), sha256=SHA256)
    with (tmp_path / "model.pth.part").open("ab") as part:
        part.write(DATA)
    assert download(server.url(), tmp_path / "model.pth", RecordingContext(), sha256=SHA256).sha256 == SHA256


def test_a_wrong_checksum_keeps_nothing(server: FileServer, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="checksum that its publisher states") as caught:
        download(server.url(), tmp_path / "model.pth", RecordingContext(), sha256="0" * 64)
    assert "model.pth" in caught.value.message
    assert nothing_but(tmp_path)


def test_without_a_published_checksum_the_first_one_is_written_down(server: FileServer, tmp_path: Path) -> None:
    assert not download(server.url(), tmp_path / "model.pth", RecordingContext()).checked
    assert remembered_checksum(server.url()) == SHA256
    (tmp_path / "model.pth").unlink()
    server.files["/model.pth"] = DATA[:-1]
    with pytest.raises(UserError, match="not the one that was downloaded from there before"):
        download(server.url(), tmp_path / "model.pth", RecordingContext())
    assert nothing_but(tmp_path)


@pytest.mark.parametrize(
    ("status", "words"), [(404, "any more"), (403, "to everybody"), (503, "too busy"), (418, "answered 418")]
)
def test_what_the_server_refuses_is_said(server: FileServer, tmp_path: Path, status: int, words: str) -> None:
    server.status = status
    with pytest.raises(UserError, match=words):
        download(server.url(), tmp_path / "model.pth", RecordingContext())
    assert len(server.requests) == 1


def test_a_web_page_is_no_file(server: FileServer, tmp_path: Path) -> None:
    server.content_type = "text/html; charset=utf-8"
    with pytest.raises(UserError, match="web page") as caught:
        download(server.url(), tmp_path / "model.pth", RecordingContext())
    assert "log in" in caught.value.hint


def test_a_server_that_is_not_there_is_offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with file_server() as gone:
        pass
    with pytest.raises(OfflineError, match=r"127\.0\.0\.1 cannot be reached"):
        download(gone.url(), tmp_path / "model.pth", RecordingContext())


@pytest.mark.parametrize("url", ["http://example.org/a.pth", "ftp://example.org/a.pth", "file:///etc/passwd"])
def test_only_servers_that_prove_who_they_are_are_asked(url: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not a secure one"):
        download(url, tmp_path / "a.pth", RecordingContext())


def test_a_server_without_a_certificate_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with file_server(files={"/model.pth": DATA}) as server, pytest.raises(UserError, match="could not prove"):
        download(server.url().replace("http:", "https:"), tmp_path / "model.pth", RecordingContext())


def test_a_disk_that_is_too_small_is_said_before_loading(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**6, 10**6 - 1000, 1000))
    with pytest.raises(UnwritableFileError, match=r"it needs 1\.0 MB, and only 0\.0 MB are free"):
        download(server.url(), tmp_path / "model.pth", RecordingContext())


def test_a_place_that_cannot_be_written_is_said(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "model.pth.part").mkdir()
    with pytest.raises(UnwritableFileError):
        download(server.url(), tmp_path / "model.pth", RecordingContext())


class _Stopping(RecordingContext):
    """Cancels once the first bytes are here."""

    asked = False

    def report(self, event: JobEvent) -> None:
        self.asked = self.asked or (isinstance(event, Progress) and event.done > 0)

    def raise_if_cancelled(self) -> None:
        if self.asked:
            raise JobCancelled


def test_a_cancel_keeps_the_part_even_while_the_server_is_silent(server: FileServer, tmp_path: Path) -> None:
    server.stall = threading.Event()
    with pytest.raises(JobCancelled):
        download(server.url(), tmp_path / "model.pth", _Stopping(), sha256=SHA256)
    assert 0 < (tmp_path / "model.pth.part").stat().st_size < len(DATA)
    assert not (tmp_path / "model.pth").exists()
    server.stall.set()
    server.stall = None
    download(server.url(), tmp_path / "model.pth", RecordingContext(), sha256=SHA256)
    assert server.requests[-1]


def test_sizes_are_words() -> None:
    assert megabytes(220_800_000) == "221 MB"
    assert megabytes(1_250_000) == "1.2 MB"
    assert megabytes(68_796_000_000) == "69 GB"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a program is killed as a fork of this one")
def test_a_download_killed_at_any_step_goes_on_and_leaves_nothing(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "begin").mkdir()
    monkeypatch.setenv("VOXELWRIGHT_HOME", str(tmp_path / "place" / "home"))

    def work(folder: Path) -> None:
        download(server.url(), folder / "models" / "model.pth", RecordingContext(), sha256=SHA256)

    assert list(faults(work, tmp_path / "begin", tmp_path / "place", every=2)) == []


@pytest.mark.parametrize("sha256", [SHA256, None])
def test_what_a_killed_program_had_loaded_whole_is_not_asked_for_again(
    server: FileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sha256: str | None
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        killed.setattr("desktop_app.io.resuming.write_json", lambda path, what: path.write_text(json.dumps(what)))
        with pytest.raises(KeyboardInterrupt):
            download(server.url(), tmp_path / "model.pth", RecordingContext(), sha256=sha256)
    assert download(server.url(), tmp_path / "model.pth", RecordingContext(), sha256=sha256).sha256 == SHA256
    assert len(server.requests) == 1
    assert nothing_but(tmp_path, "model.pth")
