"""Tests stand where what they test stands: `tests/x/y/` holds the tests of `desktop_app/x/y/`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
OWN_ROOMS = ("app", "benchmarks", "data", "fonts", "house", "installer")
MIRRORING = sorted(path for path in TESTS.rglob("test_*.py") if path.relative_to(TESTS).parts[0] not in OWN_ROOMS)


def _imported(path: Path) -> set[str]:
    """Modules that a file imports, with the names taken from them, as they may be modules, too."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return names


def misplaced(path: Path) -> str | None:
    """Why a test file stands in the wrong room; None where it stands rightly."""
    room = path.parent.relative_to(TESTS)
    package = ".".join(("desktop_app", *room.parts))
    if not (ROOT / "desktop_app" / room).is_dir():
        return f"there is no {package}"
    fixtures = path.with_name("conftest.py")  # may make what is tested
    imported = _imported(path) | (_imported(fixtures) if fixtures.exists() else set())
    if not any(name == package or name.startswith(f"{package}.") for name in imported):
        return f"tests nothing of {package}"
    return None


@pytest.mark.parametrize("path", MIRRORING, ids=lambda path: path.relative_to(TESTS).as_posix())
def test_a_test_stands_where_what_it_tests_stands(path: Path) -> None:
    assert misplaced(path) is None


def test_a_test_in_the_wrong_room_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.house.test_mirror.TESTS", tmp_path)
    expected = {"core": "tests nothing of desktop_app.core", "nowhere": "there is no desktop_app.nowhere"}
    for place, reason in expected.items():
        (tmp_path / place).mkdir()
        path = tmp_path / place / "test_it.py"
        path.write_text("from desktop_app.io.atomic import atomic_path\n", encoding="utf-8")
        assert misplaced(path) == reason
