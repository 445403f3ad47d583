"""The page for developers names files and folders that exist, and every seam with its toy."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
SEAMS = (ROOT / "tests" / "house" / "test_seams.py").read_text(encoding="utf-8")
TOYS = sorted((ROOT / "tests" / "house" / "toys").glob("[a-z]*.py"))


def test_files_that_are_named_exist() -> None:
    named = re.findall(r"`?((?:\w+/)+[\w.]+)`?", re.sub(r"<\w+>", "", TEXT))
    files = [name for name in named if name.endswith(".py") and not name.endswith("/.py")]
    assert [name for name in files if not any((base / name).is_file() for base in (ROOT, ROOT / "desktop_app"))] == []
    assert len(files) > 12


def test_every_toy_is_named_and_used() -> None:
    assert [toy.name for toy in TOYS if f"tests/house/toys/{toy.name}" not in TEXT] == []
    assert [toy.name for toy in TOYS if not re.search(rf"toys(\.| import ){toy.stem}\b", SEAMS)] == []
    seams: list[str] = re.findall(r"^# --- ([\w ]+) ---$", SEAMS, re.MULTILINE)
    assert [seam for seam in seams if not re.search(rf"^### An? {seam}\b", TEXT, re.MULTILINE)] == []
