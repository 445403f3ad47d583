"""JSON that is a file, or none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop_app.io.json_files import read_json


def test_what_is_meant_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"µ": [1, {"b": null}]}', encoding="utf-8")
    assert read_json(tmp_path / "a.json") == {"µ": [1, {"b": None}]}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    for name in ("pipe.json", "zero.json"):
        with pytest.raises(OSError, match="not a regular file"):
            read_json(tmp_path / name)
