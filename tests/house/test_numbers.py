"""Numbers that a file decides by are named, and say their unit and where they come from."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = sorted((ROOT / "desktop_app").rglob("*.py"))


def _is_number(node: ast.expr | None) -> bool:
    """Whether this is a number, or several, written down."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) and not isinstance(node.value, bool)
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return bool(node.elts) and all(_is_number(part) for part in node.elts)
    if isinstance(node, ast.Dict):
        return any(_is_number(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return _is_number(node.left) and _is_number(node.right)
    return isinstance(node, ast.UnaryOp) and _is_number(node.operand)


def _unexplained(source: str) -> Iterator[str]:
    """Constants of a module that are numbers, with neither a comment at or before them nor a string behind."""
    lines, body = source.splitlines(), ast.parse(source).body
    for node, behind in zip(body, [*body[1:], None], strict=True):
        if not isinstance(node, ast.Assign | ast.AnnAssign) or not _is_number(node.value):
            continue
        said = isinstance(behind, ast.Expr) and isinstance(behind.value, ast.Constant)
        own = lines[node.lineno - 1 : node.end_lineno]
        before = lines[node.lineno - 2].startswith("#") if node.lineno > 1 else False
        if not said and not before and not any("# " in line for line in own):
            yield lines[node.lineno - 1]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("A = 3\n", ["A = 3"]),
        ("A = 3  # px, by eye\n", []),
        ("# Seconds.\nA, B = 3.0, 4\n", []),
        ("A = 3  # px, by eye\nB = 4\n", ["B = 4"]),
        ('A = {"x": 2**20}\n"""Bytes."""\n', []),
        ('A = "text"\nB = True\nC = ()\n', []),
        ("A: float = -1e-3\n\n\ndef f(): ...\n", ["A: float = -1e-3"]),
    ],
)
def test_what_counts_as_explained(source: str, found: list[str]) -> None:
    assert list(_unexplained(source)) == found


def test_every_number_that_decides_something_is_explained() -> None:
    silent = {
        path.relative_to(ROOT).as_posix(): lines
        for path in PROGRAM
        if (lines := list(_unexplained(path.read_text(encoding="utf-8"))))
    }
    assert silent == {}
