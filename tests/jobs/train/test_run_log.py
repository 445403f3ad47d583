"""The log of a run, on a disk that is full."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.core.errors import UserError
from desktop_app.core.job import Note, RecordingContext
from desktop_app.jobs.train import run


class _Full:
    """A file on a full disk."""

    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")

    def flush(self) -> None:
        raise OSError(28, "No space left on device")

    def close(self) -> None:
        raise OSError(28, "No space left on device")


def test_a_log_that_cannot_be_written_hides_no_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run._LogFile, "_open", lambda _self: _Full())
    ctx = RecordingContext()

    def learn() -> None:
        with run._logged(tmp_path, ctx) as heard:
            heard.report(Note("info", "Learning."))
            raise UserError("Cannot write model.json: the disk is full.")

    with pytest.raises(UserError, match="disk is full"):
        learn()
    assert ctx.of_kind(Note) == [Note("info", "Learning.")]
    assert capsys.readouterr().err == ""
