"""Tests stand where what they test stands: `tests/x/y/` holds the tests of `desktop_app/x/y/`."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS, PROGRAM = ROOT / "tests", ROOT / "desktop_app"
OWN_ROOMS = (
    "app",
    "benchmarks",
    "bundle",
    "data",
    "fonts",
    "house",
    "installer",
    "laws",
)  # of the whole, not of one room
MIRRORING = sorted(path for path in TESTS.rglob("test_*.py") if path.relative_to(TESTS).parts[0] not in OWN_ROOMS)


def misplaced(path: Path) -> str | None:
    """Why a test file stands in the wrong room; None where it stands rightly.

    A test named after a module stands beside it; one named after what several do together stands in their room.
    """
    room = path.parent.relative_to(TESTS)
    if not (PROGRAM / room).is_dir():
        return f"there is no room {room}"
    tested = path.stem.removeprefix("test_")
    named = [module.parent.relative_to(PROGRAM) for module in PROGRAM.rglob(f"{tested}.py")]
    named = [each for each in named if each.parts[:1] == room.parts[:1]]
    if len(named) == 1 and named[0] != room:
        return f"{tested}.py stands in {named[0]}"
    return None


@pytest.mark.parametrize("path", MIRRORING, ids=lambda path: path.relative_to(TESTS).as_posix())
def test_a_test_stands_where_what_it_tests_stands(path: Path) -> None:
    assert misplaced(path) is None


def test_a_test_in_the_wrong_room_is_seen() -> None:
    assert misplaced(TESTS / "nowhere" / "test_it.py") == "there is no room nowhere"
    assert misplaced(TESTS / "io" / "images" / "test_atomic.py") == "atomic.py stands in io"
    assert misplaced(TESTS / "io" / "test_atomic.py") is None
