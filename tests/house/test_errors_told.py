"""What the user can put right is told in one way: ``core.errors.errors_told`` around what may fail."""

from __future__ import annotations

import ast
from pathlib import Path

WINDOW = Path(__file__).resolve().parents[2] / "desktop_app" / "gui"


def told_by_hand(source: str) -> list[int]:
    """Lines of blocks that do nothing with a ``UserError`` but to hand it to somebody."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ExceptHandler) and _only_tells(node) and getattr(node.type, "id", "") == "UserError"
    ]


def _only_tells(handler: ast.ExceptHandler) -> bool:
    said = handler.body[0]
    return (
        len(handler.body) == 1
        and isinstance(said, ast.Expr)
        and isinstance(said.value, ast.Call)
        and [getattr(argument, "id", "") for argument in said.value.args] == [handler.name]
    )


def test_errors_are_told_in_one_way() -> None:
    found = {
        path.relative_to(WINDOW).as_posix(): lines
        for path in sorted(WINDOW.rglob("*.py"))
        if (lines := told_by_hand(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_what_is_told_by_hand_is_found() -> None:
    by_hand = "try:\n    act()\nexcept UserError as error:\n    self.failed.emit(error)\n"
    assert told_by_hand(by_hand) == [3]
    assert told_by_hand(by_hand + "    cancel()\n") == []
    assert told_by_hand("with errors_told(self.failed.emit):\n    act()\n") == []
