"""JSON that is damaged, endless or no file at all."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from desktop_app.io.json_files import parse_json, read_json

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, '{"a":' * 100_000, "[" * 300 + "]" * 300, "\ud800".encode("utf-16", "surrogatepass")],
)
def test_all_damage_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has words of its own, which no one reads
        parse_json(text)


def test_what_is_meant_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"µ": [1, {"b": null}]}', encoding="utf-8")
    assert read_json(tmp_path / "a.json") == {"µ": [1, {"b": None}]}
    assert parse_json("[" * 150 + "]" * 150)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_or_a_device_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "zero.json").symlink_to("/dev/zero")
    for name in ("pipe.json", "zero.json"):
        with pytest.raises(OSError, match="not a regular file"):
            read_json(tmp_path / name)


def test_no_other_file_reads_json() -> None:
    files = sorted((ROOT / "desktop_app").rglob("*.py"))
    assert [path.name for path in files if re.search(r"\bjson\.loads?\(", path.read_text(encoding="utf-8"))] == [
        "json_files.py"
    ]
