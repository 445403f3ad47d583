"""JSON that is damaged or endless."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from desktop_app.core.json_text import parse_json

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, '{"a":' * 100_000, "[" * 300 + "]" * 300, "\ud800".encode("utf-16", "surrogatepass")],
)
def test_all_damage_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each has words of its own, which no one reads
        parse_json(text)


def test_what_is_meant_is_read() -> None:
    assert parse_json('{"µ": [1, {"b": null}]}') == {"µ": [1, {"b": None}]}
    assert parse_json("[" * 150 + "]" * 150)


def test_no_other_file_reads_json() -> None:
    files = sorted((ROOT / "desktop_app").rglob("*.py"))
    assert [path.name for path in files if re.search(r"\bjson\.loads?\(", path.read_text(encoding="utf-8"))] == [
        "json_text.py"
    ]
